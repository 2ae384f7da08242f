/** Ids of one state held against those of another: which are the same does not matter, only which are equal to each other. */

/** More than all registers and slots of eight frames could hold; past it nothing is equal. */
const MOST = 600;

/** Pairs of an id in the state that was walked before and an id in the current one (`struct bpf_idmap`). */
export class IdMap {
  readonly #old = new Int32Array(MOST);
  readonly #cur = new Int32Array(MOST);
  #count = 0;
  /** Ids that no register has, for numbers that are linked to nothing. */
  #fresh = 0;

  /** @param last the last id that was given out. */
  reset(last: number): void {
    this.#count = 0;
    this.#fresh = last;
  }

  /** Both are 0, or both always stand for each other (`check_ids`). */
  same(old: number, cur: number): boolean {
    if ((old === 0) !== (cur === 0)) return false;
    if (old === 0) return true;
    for (let at = 0; at < this.#count; at++) {
      if (this.#old[at] === old) return this.#cur[at] === cur;
      if (this.#cur[at] === cur) return false;
    }
    if (this.#count === MOST) return false;
    this.#old[this.#count] = old;
    this.#cur[this.#count++] = cur;
    return true;
  }

  /**
   * Ids of numbers, of which a link that is not in the old state proves nothing more (`check_scalar_ids`). With `ADD_CONST` the
   * number that both differ from must be the same too.
   */
  sameNumber(old: number, cur: number, addConst: number): boolean {
    if (old === 0) return true;
    const now = cur === 0 ? ++this.#fresh : cur;
    if (!this.same(old, now)) return false;
    return (old & addConst) === 0 || this.same(old & ~addConst, now & ~addConst);
  }
}
