// The states of the parser: what it waits for.

export const state = {
  documentStart: 0,
  /** Behind a directive. */
  directives: 1,
  documentContent: 2,
  documentEnd: 3,
  /** A node, or what is left of it behind its anchor or tag. */
  node: 4,
  sequenceEntry: 5,
  sequenceItem: 6,
  /** Entries of a list that stand at the column of its key. */
  indentlessEntry: 7,
  indentlessItem: 8,
  mappingKey: 9,
  mappingKeyNode: 10,
  mappingValue: 11,
  mappingValueNode: 12,
  flowSequenceItem: 13,
  flowSequenceNext: 14,
  /** A pair without braces between brackets: `[a: b]`. */
  pairKey: 15,
  pairValue: 16,
  pairValueNode: 17,
  pairEnd: 18,
  flowMappingItem: 19,
  flowMappingNext: 20,
  flowMappingKeyNode: 21,
  flowMappingValue: 22,
  flowMappingValueNode: 23,
  /** Behind a key without `:`. */
  flowMappingNoValue: 24,
} as const;
