// A unary method of a gRPC service whose messages have a codec of our own.

/** The definition of a server's method. A server neither sends requests nor reads answers. */
export function unary<Request, Response>(
  name: string,
  encode: (message: Response) => Uint8Array,
  decode: (bytes: Uint8Array) => Request,
) {
  const clientOnly = (): never => {
    throw new Error("only a client does this");
  };
  return {
    path: `/v1alpha1.CSIDriverProvider/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: clientOnly,
    requestDeserialize: (bytes: Buffer): Request => decode(bytes),
    responseSerialize: (message: Response): Buffer => asBuffer(encode(message)),
    responseDeserialize: clientOnly,
  } as const;
}

/** For an answer that its handler has encoded. */
export function asEncoded(bytes: Uint8Array): Uint8Array {
  return bytes;
}

/** A message that is handed over once: grpc-js holds what it has received until the call ends, and a mount that waits holds its request parsed. */
export interface Once<Message> {
  /** @throws Error at the second call */
  readonly take: () => Message;
}

/** Makes the hand-over of a message. */
export function once<Message>(message: Message): Once<Message> {
  const held = [message];
  return {
    take: () => {
      for (const taken of held.splice(0)) return taken;
      throw new Error("the message was taken already");
    },
  };
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
