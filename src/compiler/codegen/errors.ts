/** Why a function cannot become instructions. */

/** The function needs what the instruction set version lacks, or is too large for its jumps. */
export class CodegenError extends Error {
  override readonly name = "CodegenError";
  readonly function: string;

  constructor(name: string, problem: string) {
    super(`${name}: ${problem}`);
    this.function = name;
  }
}

/** One thing that takes bytes of a frame. */
export interface FrameUse {
  /** Of the source where known, e.g. `key of blocked.get`; `spilled values` for what did not fit in registers. */
  readonly name: string;
  readonly size: number;
}

/** The function's frame exceeds the 512 bytes that eBPF gives it. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  readonly function: string;
  readonly size: number;
  readonly limit: number;
  /** Largest first. */
  readonly uses: readonly FrameUse[];

  constructor(name: string, size: number, limit: number, uses: readonly FrameUse[]) {
    const largest = uses.slice(0, 3).map((use) => `${use.name} ${use.size}`);
    super(
      `${name}: the stack frame needs ${size} bytes, and eBPF gives ${limit}: ${largest.join(", ")}${uses.length > 3 ? ", …" : ""}; move large values to a per-CPU array map`,
    );
    this.function = name;
    this.size = size;
    this.limit = limit;
    this.uses = uses;
  }
}
