/** Accesses of packets: what is proven to be there, by which check, and what check would do. */

import type { Case } from "../case.ts";
import type { Step } from "../log/path.ts";
import { offsetOf } from "../log/values.ts";
import { bytes } from "../words.ts";
import { accessVerb, expressionOf, type Finding, type Fix, type Rule } from "./rule.ts";

/** `MAX_PACKET_OFF` */
const LONGEST_PACKET = 65535;

/** The last comparison of a packet pointer with the packet's end on the path, or null. */
function lastPacketCheck(one: Case): Step | null {
  for (let step = one.step?.previous ?? null; step !== null; step = step.previous) {
    const { kind, dst, src } = step.instruction;
    if (kind !== "jump" || dst === null || src === null) continue;
    const types = [one.valueBefore(step, dst)?.type, one.valueBefore(step, src)?.type];
    if (types.includes("pkt_end")) return step;
  }
  return null;
}

function packet(one: Case, m: RegExpExecArray): Finding {
  const [offset, size, register, id, , range] = m.slice(1).map(Number) as [number, number, number, number, number, number];
  const { text } = one.place(one.slot);
  const expression = expressionOf(text);
  const what = expression === null ? `this ${accessVerb(one)}` : `\`${expression}\``;
  const check = lastPacketCheck(one);
  const proven = Math.max(0, range);
  const variable = id !== 0;
  const counted = variable ? `byte ${offset} after what was added to the pointer` : `byte ${offset + size - 1}`;
  const checked =
    check === null
      ? "Nothing on this path compares it with the end of the packet."
      : `The last check on this path is in ${one.where(check.slot)}${quoted(one, check.slot)}.`;
  if (offset < 0) {
    return {
      problem: `${what} is before the beginning of the packet`,
      reason: `It ${accessVerb(one)}s ${bytes(size)} at byte ${offset}.`,
      suggestions: ["keep a pointer to where it is, and check it against the beginning (`ctx->data`), too"],
      blame: register,
    };
  }
  if (offset + size > LONGEST_PACKET) {
    return {
      problem: `${what} is behind byte ${LONGEST_PACKET}, where no packet reaches`,
      reason: `It ${accessVerb(one)}s ${bytes(size)} at ${counted}. Nothing can prove that a packet has more than ${LONGEST_PACKET} bytes.`,
      suggestions: ["correct the offset"],
      blame: register,
      follow: variable ? "offset" : "value",
    };
  }
  return {
    problem: `${what} may lie behind the end of the packet`,
    reason:
      proven === 0
        ? `It ${accessVerb(one)}s ${bytes(size)} at ${counted}, and nothing proves that the packet is so long. ${
            variable
              ? "A number that may vary was added to the pointer: checks of the pointer before that do not count for it."
              : checked
          }`
        : `It ${accessVerb(one)}s ${size === 1 ? `1 byte at ${counted}` : `${bytes(size)} up to ${counted}`}, but only the first ${bytes(proven)} are proven to exist. ${checked}`,
    suggestions: [
      `check it on the same pointer right before: \`if (pointer + ${offset + size} > data_end) return …;\``,
      ...(variable ? ["limit the number that is added (it must stay below 65536), then check the sum against data_end"] : []),
      "only <, <=, > and >= against data_end count, not == and !=",
    ],
    fixes: [...(variable ? [] : largerCheck(one, check, offset + size)), ...packetCheck(one, register, offset + size)],
    blame: register,
    follow: variable ? "offset" : "value",
  };
}

/** Needs a register that still holds the end of the packet; none when there is none. */
function packetCheck(one: Case, register: number, length: number): Fix[] {
  const value = one.value(register);
  if (value === null || one.slot === null) return [];
  for (let end = 0; end <= 9; end++) {
    if (one.value(end)?.type !== "pkt_end") continue;
    const text = `check it on the same pointer right before: \`if (pointer + ${length} > data_end) return …;\``;
    return [{ text, slot: one.slot, code: checkOf(register, end, length - offsetOf(value)) }];
  }
  return [];
}

/** The check that is there, over more bytes. */
function largerCheck(one: Case, check: Step | null, length: number): Fix[] {
  if (check === null || check.instruction.dst === null || check.instruction.src === null) return [];
  const { dst, src } = check.instruction;
  const [register, end] = one.valueBefore(check, dst)?.type === "pkt_end" ? [src, dst] : [dst, src];
  const value = one.valueBefore(check, register);
  if (value === null || value.type !== "pkt" || value.fields.has("id")) return [];
  const text = `let the check in ${one.where(check.slot)} cover ${bytes(length)}`;
  return [{ text, slot: check.slot, code: checkOf(register, end, length - offsetOf(value)) }];
}

/** What is proven of a pointer stays with it when a constant is added and taken away again. */
function checkOf(register: number, end: number, reach: number): string {
  return `r${register} += ${reach}\nif r${register} > r${end} goto exit\nr${register} -= ${reach}`;
}

function quoted(one: Case, slot: number): string {
  const { text } = one.place(slot);
  return text === "" ? "" : `, \`${text}\``;
}

export const PACKET_RULES: readonly Rule[] = [
  {
    code: "packet-bounds",
    category: "Memory",
    pattern: /^invalid access to packet, off=(-?\d+) size=(-?\d+), R(\d+)\(id=(\d+),off=(-?\d+),r=(-?\d+)\)/,
    explain: packet,
  },
];
