/** Why a function cannot become instructions. */

import type { Location } from "../ir/ir.ts";

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
  /** Where in the source; null when unknown. */
  readonly location: Location | null;
}

/** E.g. `key of blocked.get 64 (line 12)`. */
export function describeUse({ name, size, location }: FrameUse): string {
  if (location === null) return `${name} ${size}`;
  const { file, line } = location;
  return `${name} ${size} (${file === undefined ? "" : `${file} `}line ${line})`;
}

/** The frame of a function, or the frames of a chain of calls, exceed the 512 bytes that eBPF gives a program. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  readonly function: string;
  readonly size: number;
  readonly limit: number;
  /** Largest first. */
  readonly uses: readonly FrameUse[];
  /** The functions whose frames these are, from the one that is called first. */
  readonly chain: readonly string[];

  constructor(name: string, size: number, limit: number, uses: readonly FrameUse[], chain: readonly string[] = [name]) {
    const sorted = [...uses].sort((a, b) => b.size - a.size);
    const largest = sorted.slice(0, 3).map(describeUse);
    const what = chain.length > 1 ? `the stack frames of ${chain.join(" → ")} need` : "the stack frame needs";
    super(
      `${name}: ${what} ${size} bytes, and eBPF gives ${limit}: ${largest.join(", ")}${uses.length > 3 ? ", …" : ""}; move large values to a per-CPU array map`,
    );
    this.function = name;
    this.size = size;
    this.limit = limit;
    this.uses = sorted;
    this.chain = chain;
  }
}
