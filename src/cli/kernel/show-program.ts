/** A program: what the kernel tells of it, who uses it, and its code. */

import { spellDeclaration } from "../../btf/c/declarator.ts";
import type { KernelInspector } from "../../engine/linux/inspect/inspector.ts";
import type { MachineCode, ProgramInfo, TranslatedCode } from "../../engine/linux/inspect/types.ts";
import type { FunctionInfo, LineInfo } from "../../object/spec.ts";
import { inLine } from "../maps.ts";
import { bytes, count, counted, duration, type Style } from "../terminal.ts";
import type { Disassembler } from "./disassemble.ts";
import { type Fact, renderFacts } from "./facts.ts";
import { Places } from "./places.ts";
import type { Use } from "./usage.ts";
import { when } from "./words.ts";

/** @param metadata what it says of itself */
export function renderProgram(
  kernel: KernelInspector,
  program: ProgramInfo,
  metadata: Readonly<Record<string, unknown>>,
  use: Use,
  style: Style,
): string[] {
  const { statistics, target, device } = program;
  const facts: Fact[] = [
    ["type", program.type],
    ["tag", program.tag],
    ["loaded", [when(program.loadedAt), `by user ${program.uid}`].filter((text) => text !== "").join(", ")],
    ["licence", program.gplCompatible ? "compatible with the GPL" : "not compatible with the GPL"],
    ["instructions", instructionsText(program)],
    ["machine code", program.jitedBytes === 0 ? "none: it is interpreted" : bytes(program.jitedBytes)],
    ["memory", program.memory === null ? "" : bytes(program.memory)],
    ["functions", program.functions > 1 ? count(program.functions) : ""],
    ["made for", target === null ? "" : targetText(kernel, target)],
    ["runs on", device === null ? "" : `interface ${device.interface} of network namespace ${device.namespace.inode}`],
    ["maps", program.maps.map((id) => mapText(kernel, id)).join(", ")],
    ["types", program.btf === null ? "none" : `BTF ${program.btf}`],
    ["runs", statistics.runCount === 0 ? "" : runsText(statistics)],
    ["not run", statistics.recursionMisses === 0 ? "" : `${counted(statistics.recursionMisses, "time")}, while it was running`],
    ...Object.entries(metadata).map(([name, value]): Fact => [name, inLine(value)]),
    ["attached", attachedText(kernel, program)],
    ["pinned", use.pinned.join(", ")],
    ["held by", use.processes.map(({ pid, command }) => `${command} (${pid})`).join(", ")],
  ];
  return renderFacts(`program ${program.id}`, program.name, facts, style);
}

function instructionsText({ translatedBytes, verifiedInstructions }: ProgramInfo): string {
  const own = translatedBytes === 0 ? "not shown to this process" : count(translatedBytes / 8);
  return verifiedInstructions === null ? own : `${own}; the verifier went through ${count(verifiedInstructions)}`;
}

function runsText({ runCount, runTime }: ProgramInfo["statistics"]): string {
  return `${count(runCount)} in ${duration(runTime)}, ${duration(runTime / runCount)} each (as far as they were counted)`;
}

/** By links, and at the network and control groups also without. */
function attachedText(kernel: KernelInspector, { id, type }: ProgramInfo): string {
  const places = new Places(kernel);
  // Before 5.8 kernels tell of no links.
  const links = found(() => kernel.links())
    .flat()
    .filter(({ program }) => program === id);
  // Samples have a link for each CPU.
  const byPlace = Map.groupBy(links, (link) => places.describe(link));
  const texts = [...byPlace].map(
    ([place, own]) => `${place} (${own.length === 1 ? "link" : "links"} ${own.map((link) => link.id).join(", ")})`,
  );
  const network = OF_NETWORK.test(type) ? found(() => kernel.network()).flat() : [];
  for (const { program, link, hook, interface: at, filter } of network)
    if (program === id && link === null)
      texts.push(
        `${hook.replace("_", " ")} ${at === null ? "of this network namespace" : `on ${at.name}`}${filter === null ? "" : ` (filter ${filter})`}`,
      );
  // A group does not tell what is there by a link.
  const groups = OF_CGROUPS.test(type) && links.length === 0 ? found(() => kernel.cgroups()).flat() : [];
  for (const { cgroup, attachType, programs } of groups)
    if (programs.some(({ program }) => program === id)) texts.push(`${attachType} on ${cgroup}`);
  return texts.join("; ");
}

const OF_NETWORK = /^(xdp|sched_cls|sched_act|flow_dissector|sk_lookup)$/;
const OF_CGROUPS = /^(cgroup_|sock_ops$)/;

/** Its name too, where it still has one. */
function mapText(kernel: KernelInspector, id: number): string {
  const [name] = found(() => kernel.map(id).name);
  return name === undefined || name === "" ? String(id) : `${name} (${id})`;
}

function targetText(kernel: KernelInspector, { btf, type }: { readonly btf: number; readonly type: number }): string {
  const [name] = found(() => kernel.types(btf).name(type));
  return name === undefined ? `type ${type} of BTF ${btf}` : `${name} (type ${type} of BTF ${btf})`;
}

/** Nothing when it went meanwhile, or is not to be seen. */
function found<Value>(look: () => Value): Value[] {
  try {
    return [look()];
  } catch {
    return [];
  }
}

/** Each instruction under the source line that it came from. */
export function renderTranslated(kernel: KernelInspector, program: ProgramInfo, code: TranslatedCode, style: Style): string[] {
  const prototypes = prototypesOf(kernel, program, code.functions);
  const out: string[] = [];
  let shown = "";
  for (const { slot, text, function: name, line } of code.instructions) {
    if (name !== null) {
      if (slot > 0) out.push("");
      out.push(style.bold(`${prototypes.get(slot) ?? name}:`));
      shown = "";
    }
    if (line !== null && placeOf(line) !== shown) {
      out.push(style.dim(`; ${sourceText(line)}`));
      shown = placeOf(line);
    }
    out.push(`${String(slot).padStart(6)}: ${text}`);
  }
  return out;
}

/** Bytes, sixteen a row, under the source lines that they came from; as instructions where something disassembles them. */
export function renderMachineCode(
  kernel: KernelInspector,
  code: MachineCode,
  style: Style,
  disassembler: Disassembler | null,
): string[] {
  const out: string[] = [];
  for (const [index, one] of code.functions.entries()) {
    if (index > 0) out.push("");
    const address = one.address === null ? "" : ` at 0x${one.address.toString(16)}`;
    out.push(style.bold(`${one.symbol}${address}, ${counted(one.bytes.length, "byte")}:`));
    const rows =
      disassembler?.(one.bytes, one.address ?? 0n) ??
      rowsOf(
        one.bytes,
        one.lines.map(({ offset }) => offset),
      );
    let next = 0;
    let shown = "";
    for (const { offset, text } of rows) {
      for (; next < one.lines.length; next++) {
        const begins = one.lines[next];
        if (begins === undefined || begins.offset > offset) break;
        if (placeOf(begins.line) !== shown) out.push(style.dim(`; ${sourceText(begins.line)}`));
        shown = placeOf(begins.line);
      }
      out.push(`${offset.toString(16).padStart(6)}: ${disassembler === null ? text : withSymbol(kernel, text)}`);
    }
  }
  return out;
}

/** `call 0xffffffff8150cec0 <bpf_dynptr_read>`. */
function withSymbol(kernel: KernelInspector, text: string): string {
  const address = /\b0x(f{4}[0-9a-f]{12})\b/.exec(text)?.[1];
  const name = address === undefined ? null : kernel.symbolAt(BigInt(`0x${address}`));
  return name === null ? text : `${text} <${name}>`;
}

const ROW = 16;

/** A row begins where a source line does. */
function rowsOf(code: Uint8Array, breaks: readonly number[]): { readonly offset: number; readonly text: string }[] {
  const rows: { readonly offset: number; readonly text: string }[] = [];
  for (let at = 0; at < code.length; ) {
    const next = breaks.find((offset) => offset > at) ?? code.length;
    const end = Math.min(at + ROW, next, code.length);
    const text = [...code.subarray(at, end)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    rows.push({ offset: at, text });
    at = end;
  }
  return rows;
}

function prototypesOf(
  kernel: KernelInspector,
  { btf }: ProgramInfo,
  functions: readonly FunctionInfo[],
): ReadonlyMap<number, string> {
  const prototypes = new Map<number, string>();
  if (btf === null || functions.length === 0) return prototypes;
  const types = kernel.types(btf);
  for (const { slot, type, name } of functions) {
    const known = types.type(type);
    if (known.kind === "function") prototypes.set(slot, spellDeclaration(types, known.type, name));
  }
  return prototypes;
}

const placeOf = ({ file, line }: LineInfo): string => `${file}:${line}`;
const sourceText = (line: LineInfo): string => `${line.text === "" ? "" : `${line.text}  `}${placeOf(line)}`;
