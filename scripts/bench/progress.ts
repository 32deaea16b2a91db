// Where a run is: one line that is written over on a terminal, one line per round elsewhere.

export interface Progress {
  /** A new round of a scenario. */
  readonly round: (text: string) => void;
  /** What goes on inside of it; shown on a terminal alone. */
  readonly step: (text: string) => void;
  readonly done: () => void;
}

const everyMs = 100;

/** Makes the progress of a run on stderr. */
export function createProgress(to: NodeJS.WriteStream): Progress {
  let head = "";
  let shownMs = 0;
  const show = (text: string): void => void to.write(`\r\u001B[K${text.slice(0, Math.max(20, to.columns - 1))}`);
  return {
    round: (text) => {
      head = text;
      if (to.isTTY) show(head);
      else to.write(`${new Date().toISOString().slice(11, 19)}  ${head}\n`);
    },
    step: (text) => {
      if (!to.isTTY || performance.now() - shownMs < everyMs) return;
      shownMs = performance.now();
      show(`${head}  ${text}`);
    },
    done: () => {
      if (to.isTTY) show("");
    },
  };
}
