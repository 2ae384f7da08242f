/**
 * The interpreter as a plugin of the bpf_conformance suite (github.com/Alan-Jowett/bpf_conformance):
 *
 *     bpf_conformance_runner --test_file_directory tests --plugin_path plugin.sh     # plugin.sh: exec node plugin.ts "$@"
 *     echo "b7 00 00 00 2a 00 00 00 95 00 00 00 00 00 00 00" | node test/conformance/plugin.ts
 *
 * The protocol: the program's bytes in hexadecimal on standard input (or after `--program`), the memory that r1 points
 * at in hexadecimal as first argument when there is one, then options. r0 goes to standard output in hexadecimal. What
 * is refused or stopped is one line on standard error and exit status 1.
 *
 * Options are `--fuel N` (most instructions), `--jit` (generated code instead of the interpreter), `--dispatch` (the same, without
 * structured control flow), `--elf` (refused: an object file is not bare instructions); others mean something to other plugins and
 * are ignored. Helpers are those that the suite's tests call, by the suite's numbers.
 */

import { text } from "node:stream/consumers";
import { runRawJit } from "../../src/engine/embedded/jit/raw.ts";
import { type RawHelper, runRaw } from "../../src/engine/embedded/raw.ts";

/** Bytes from hexadecimal text: pairs of digits, with any white space between bytes. */
function fromHex(hex: string, what: string): Uint8Array {
  const digits = hex.replace(/\s+/g, "");
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) throw new TypeError(`${what}: expected pairs of hexadecimal digits`);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The suite's examples of helper functions, as ubpf's and rbpf's plugins have them. */
const HELPERS: Readonly<Record<number, RawHelper>> = {
  /** gather_bytes */
  0: (a, b, c, d, e) => ((a & 0xffn) << 32n) | ((b & 0xffn) << 24n) | ((c & 0xffn) << 16n) | ((d & 0xffn) << 8n) | (e & 0xffn),
  /** no_op */
  2: () => 0n,
  /** sqrti */
  3: (a) => BigInt(Math.trunc(Math.sqrt(Number(a)))),
  /** unwind: gives its argument back */
  5: (a) => a,
};

async function main(args: readonly string[]): Promise<number> {
  const rest = [...args];
  let memory = new Uint8Array(0);
  let program: string | null = null;
  let fuel: number | null = null;
  let generated = false;
  let dispatch = false;
  if (rest[0] !== undefined && !rest[0].startsWith("--")) memory = fromHex(rest.shift()!, "memory").slice();
  while (rest.length > 0) {
    const option = rest.shift()!;
    if (option === "--help") {
      console.log("usage: plugin.ts [MEMORY] [--program HEX] [--fuel N] < PROGRAM");
      return 1;
    }
    if (option === "--program") program = rest.shift() ?? "";
    else if (option === "--fuel") fuel = Number(rest.shift());
    else if (option === "--jit") generated = true;
    else if (option === "--dispatch") generated = dispatch = true;
    else if (option === "--elf") throw new TypeError("--elf: this plugin runs bare instructions, not object files");
    else if (option !== "" && !option.startsWith("--")) memory = fromHex(option, "memory").slice();
  }
  const code = fromHex(program ?? (await text(process.stdin)), "program");
  const options = { memory, helpers: HELPERS, ...(fuel === null ? {} : { fuel }) };
  const { r0 } = generated ? runRawJit(code, { ...options, dispatch }) : runRaw(code, options);
  console.log(r0.toString(16));
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
