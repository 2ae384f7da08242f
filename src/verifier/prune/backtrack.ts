/** Which registers and stack slots are being traced back, by frame: `struct backtrack_state`. */

const FRAMES = 8;

export class Traced {
  /** The frame that the instruction being looked at runs in. */
  frame = 0;
  readonly #regs = new Int32Array(FRAMES);
  /** Stack slots 0 … 31 and 32 … 63. */
  readonly #low = new Int32Array(FRAMES);
  readonly #high = new Int32Array(FRAMES);

  reset(frame: number): void {
    this.frame = frame;
    this.#regs.fill(0);
    this.#low.fill(0);
    this.#high.fill(0);
  }

  /** Nothing is left to be traced, in this frame or its callers. */
  get empty(): boolean {
    for (let frame = this.frame; frame >= 0; frame--) {
      if ((this.#regs[frame]! | this.#low[frame]! | this.#high[frame]!) !== 0) return false;
    }
    return true;
  }

  hasReg(index: number, frame: number = this.frame): boolean {
    return ((this.#regs[frame]! >>> index) & 1) !== 0;
  }

  setReg(index: number, frame: number = this.frame): void {
    this.#regs[frame]! |= 1 << index;
  }

  clearReg(index: number, frame: number = this.frame): void {
    this.#regs[frame]! &= ~(1 << index);
  }

  /** Registers of the frame, one bit each. */
  regs(frame: number = this.frame): number {
    return this.#regs[frame]!;
  }

  hasSlot(index: number, frame: number = this.frame): boolean {
    return (((index < 32 ? this.#low : this.#high)[frame]! >>> (index & 31)) & 1) !== 0;
  }

  setSlot(index: number, frame: number = this.frame): void {
    (index < 32 ? this.#low : this.#high)[frame]! |= 1 << (index & 31);
  }

  clearSlot(index: number, frame: number = this.frame): void {
    (index < 32 ? this.#low : this.#high)[frame]! &= ~(1 << (index & 31));
  }

  hasSlots(frame: number = this.frame): boolean {
    return (this.#low[frame]! | this.#high[frame]!) !== 0;
  }
}
