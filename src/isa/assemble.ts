/**
 * Text to instructions. Reads what `print` writes, lines of the kernel's verifier log and of `bpftool prog dump xlated`
 * (`5: (b7) r0 = 1`), and LLVM's assembler language where that differs (`r1 + 4`, `goto +3`, `xchg_64(r1 + 0, r2)`).
 *
 * One instruction a line; `name:` marks a place, alone or before an instruction; comments begin with `;`, `//`, or `#` after
 * a space. A jump or local call goes to a name, or by a number of slots with its sign, counted from the next instruction:
 * `goto pc+3`, `goto +3`, `goto done`.
 */

import { AssembleError } from "./errors.ts";
import { type Instruction, slots } from "./instruction.ts";
import { parseStatement, type Statement } from "./parse.ts";
import { Scanner, type Token } from "./scanner.ts";

export interface AssembleOptions {
  /** Numbers helpers called by name alone, e.g. `call bpf_ktime_get_ns`. A name with a number, `x#5`, needs none. */
  readonly helperId?: (name: string) => number | null;
}

/** Throws {@link AssembleError} with line, column and what to write. */
export function assemble(text: string, options: AssembleOptions = {}): Instruction[] {
  const labels = new Map<string, number>();
  const statements: { readonly statement: Statement; readonly scanner: Scanner; readonly slot: number }[] = [];
  let slot = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const scanner = new Scanner(line, index + 1);
    for (let label = takeLabel(scanner); label !== null; label = takeLabel(scanner)) {
      if (labels.has(label.text))
        throw scanner.error(`the label '${label.text}' is already used; name this place differently`, label);
      labels.set(label.text, slot);
    }
    const opcode = takePrefix(scanner);
    if (scanner.done) continue;
    const first = scanner.next;
    const statement = parseStatement(scanner, options.helperId ?? (() => null), opcode);
    if (!scanner.done) throw scanner.unexpected("the end of the line");
    if (opcode !== null && opcode !== statement.instruction.opcode) {
      const detail = `the line says opcode 0x${hex(opcode)}, but this is 0x${hex(statement.instruction.opcode)}`;
      throw scanner.error(`${detail}; correct one or leave out the parentheses`, first);
    }
    statements.push({ statement, scanner, slot });
    slot += slots(statement.instruction);
  }
  return statements.map(({ statement, scanner, slot }) => resolve(statement, scanner, slot, labels));
}

function takeLabel(scanner: Scanner): Token | null {
  if (scanner.next.kind !== "name") return null;
  const mark = scanner.mark();
  const name = scanner.take();
  if (scanner.takeIf(":")) return name;
  scanner.reset(mark);
  return null;
}

/** `5:` and `(b7)` as the kernel and bpftool begin their lines. The slot number is only for readers. */
function takePrefix(scanner: Scanner): number | null {
  if (scanner.next.kind === "number") {
    scanner.take();
    scanner.expect(":");
  }
  if (!scanner.takeIf("(")) return null;
  // Two hexadecimal digits scan as a number, a name, or one of each (`0f`, `b7`, `1d`).
  let digits = "";
  while (scanner.next.kind === "name" || scanner.next.kind === "number") digits += scanner.take().text;
  if (!/^[0-9a-f]{2}$/.test(digits)) throw scanner.unexpected("an opcode of two hexadecimal digits");
  scanner.expect(")");
  return Number.parseInt(digits, 16);
}

function resolve(
  { instruction, label, field }: Statement,
  scanner: Scanner,
  slot: number,
  labels: ReadonlyMap<string, number>,
): Instruction {
  if (label === null) return instruction;
  const target = labels.get(label.text);
  if (target === undefined) {
    throw scanner.error(`there is no label '${label.text}'; write '${label.text}:' before the instruction to go to`, label);
  }
  const distance = target - slot - 1;
  if (field === "offset" && (distance < -32768 || distance > 32767)) {
    const detail = `'${label.text}' is ${distance} slots away, and this jump reaches -32768 to 32767; go there with gotol`;
    throw new AssembleError(scanner.line, label.column, detail);
  }
  return { ...instruction, [field]: distance };
}

function hex(opcode: number): string {
  return opcode.toString(16).padStart(2, "0");
}
