/**
 * The newer form of the kernel's log (kernel/bpf/diagnostics.c, after 7.0): `Verification failed: CATEGORY: Problem`, then
 * sections `Reason:`, `At:`, `Causal path:`, `Suggestion:`, with source and instructions in small listings.
 */

import type { Category, PathStep, Place, StepKind } from "./explanation.ts";

export interface Diagnostics {
  readonly category: Category;
  /** `Memory Safety`, as the kernel has it. */
  readonly title: string;
  readonly problem: string;
  readonly reason: string;
  readonly at: Place;
  readonly path: readonly PathStep[];
  readonly suggestions: readonly string[];
}

const HEADER = /^Verification failed: (.+? Safety|Program Structure|Policy|[^:]+)(?:: (.*))?$/;
const SECTION = /^([A-Z][A-Za-z ]+):$/;

const CATEGORIES: Readonly<Record<string, Category>> = {
  "Register Type Safety": "Register Type",
  "Memory Safety": "Memory",
  "Resource Lifetime Safety": "Resource Lifetime",
  "Call Type Safety": "Call Type",
  "Execution Context Safety": "Execution Context",
  "Program Structure": "Program Structure",
  Policy: "Policy",
};

/** Takes the last such report out of a log. `found` is null when there is none. */
export function readDiagnostics(lines: readonly string[]): {
  readonly rest: readonly string[];
  readonly found: Diagnostics | null;
} {
  const start = lines.findLastIndex((line) => HEADER.test(line));
  if (start < 0) return { rest: lines, found: null };
  const header = HEADER.exec(lines[start]!)!;
  const sections = new Map<string, string[]>();
  let current: string[] | null = null;
  let end = start + 1;
  for (; end < lines.length; end++) {
    const line = lines[end]!;
    const section = SECTION.exec(line);
    if (section !== null) {
      current = [];
      sections.set(section[1]!, current);
    } else if (line === "" || line.startsWith("  ")) {
      current?.push(line);
    } else break;
  }
  const title = header[1]!;
  const problem = header[2] ?? "";
  const [at, ...more] = listings(sections.get("At") ?? []);
  const path = [...listings(sections.get("Causal path") ?? []), ...listings(sections.get("Active lock") ?? [])];
  const suggestion = paragraph(sections.get("Suggestion") ?? []);
  const nowhere: Place = { slot: null, instruction: null, file: null, line: 0, column: 0, text: "", function: null };
  return {
    rest: [...lines.slice(0, start), ...lines.slice(end)],
    found: {
      category: CATEGORIES[title] ?? "Program Structure",
      title,
      problem: problem === "" ? title : problem[0]!.toLowerCase() + problem.slice(1),
      reason: paragraph(sections.get("Reason") ?? []),
      at: at?.place ?? nowhere,
      path: [...path, ...more].map(({ place, label, text }) => ({ kind: KINDS[label] ?? "note", at: place, text })),
      suggestions: suggestion === "" ? [] : [suggestion],
    },
  };
}

const KINDS: Readonly<Record<string, StepKind>> = {
  branch: "branch",
  update: "change",
  spilled: "spill",
  invalidated: "lost",
  acquired: "acquire",
  released: "release",
};

function paragraph(lines: readonly string[]): string {
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
}

interface Listing {
  readonly place: Place;
  readonly label: string;
  readonly text: string;
}

const SOURCE_AT = /^ {2}(?:(\S+) @ )?(\S.*?):(\d+):(\d+)$/;
const INSTRUCTION_AT = /^ {2}insn (\d+)$/;
const MARKED = /^ {2}>>> +(\d+) \| (.*)$/;
const NOTE = /^[ |]*\^-- ([a-z ]+): (.*)$/;
const NOTE_GOES_ON = /^[ ]+\| +(\S.*)$/;

/** `main @ file.c:41:7`, the source around it with a note under the line, and the instructions around it. */
function listings(lines: readonly string[]): Listing[] {
  const found: Listing[] = [];
  let place: Place | null = null;
  let label = "note";
  let text = "";
  let inInstructions = false;
  let inNote = false;
  const finish = () => {
    if (place !== null) found.push({ place, label, text });
    place = null;
    text = "";
    label = "note";
    inInstructions = false;
    inNote = false;
  };
  for (const line of lines) {
    const source = SOURCE_AT.exec(line);
    const bare = INSTRUCTION_AT.exec(line);
    if (source !== null || bare !== null) {
      finish();
      place = {
        slot: bare === null ? null : Number(bare[1]),
        instruction: null,
        file: source?.[2] ?? null,
        line: Number(source?.[3] ?? 0),
        column: Number(source?.[4] ?? 0),
        text: "",
        function: source?.[1] ?? null,
      };
      continue;
    }
    if (place === null) continue;
    if (/^ {2}(?:Source|Instruction) context:$/.test(line)) {
      inInstructions = line.includes("Instruction");
      inNote = false;
      continue;
    }
    const note = NOTE.exec(line);
    if (note !== null) {
      label = note[1]!;
      text = note[2]!;
      inNote = true;
      continue;
    }
    const marked = MARKED.exec(line);
    if (marked !== null) {
      place = inInstructions
        ? { ...(place as Place), slot: Number(marked[1]), instruction: marked[2]!.replace(/^\([0-9a-f]{2}\) /, "") }
        : { ...(place as Place), text: marked[2]!.trim() };
      inNote = false;
      continue;
    }
    const more = NOTE_GOES_ON.exec(line);
    if (inNote && more !== null && !/^ {2}(?:>>>| {3}) *\d+ \|/.test(line)) text += ` ${more[1]}`;
    else inNote = false;
  }
  finish();
  return found;
}
