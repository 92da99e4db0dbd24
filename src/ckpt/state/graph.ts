/** The saved form of a graph of objects: plain data, without a reference to the objects it was made from. */
import type { Wire } from './codec.js';

/** A class as it was when the graph was saved. */
export interface Schema {
  readonly tag: string;
  /** Names and kinds of the saved properties, in the order of the values. */
  readonly fields: readonly (readonly [name: string, kind: string])[];
}

export interface StateGraph {
  /** In the order of first use. */
  readonly schemas: readonly Schema[];
  /**
   * Object `id` is `objects[id]`: the index of its schema, then its values. The root is object 0. Ids are
   * given in the order in which the references are met, so that the same graph always has the same saved
   * form.
   */
  readonly objects: readonly (readonly Wire[])[];
}

/** Something that a freeze could not keep. */
export interface LostItem {
  /** `Socket#12.peer`: class, object id, property. */
  readonly where: string;
  readonly reason: string;
}

/** Objects in one graph; more are refused when saving and when loading. */
export const MAX_OBJECTS = 1 << 20;
/** Characters of the reason for a lost property; the rest is cut off. */
export const MAX_REASON = 500;
