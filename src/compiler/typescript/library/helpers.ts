/**
 * Helpers of the kernel, callable under their own names: what each takes (`uapi/helper-prototypes`) under the names that
 * `helper-names.ts` gives, with memory and its size as one argument.
 */

import { type PrototypeTerm, prototypeLines, prototypeParts } from "../../../uapi/helper-prototypes/lines.ts";
import type { HelperName } from "../../../uapi/helpers.ts";
import { INTS, type IntType, NETWORK, type NetworkType } from "../types.ts";
import { HELPER_NAMES } from "./helper-names.ts";

export interface Helper {
  readonly name: HelperName;
  readonly parameters: readonly HelperParameter[];
  readonly result: HelperResult;
  /** Only programs under a licence that is compatible with the GPL have it. */
  readonly gpl: boolean;
  /** Afterwards the packet may lie elsewhere: views of it are void. */
  readonly moves: boolean;
  /** Only programs that may sleep have it. */
  readonly sleeps: boolean;
  /** It reads memory of the packet where it lies. */
  readonly packet: boolean;
}

export interface HelperParameter {
  readonly name: string;
  /** It may be left out where some hooks have it and others do not. */
  readonly optional: boolean;
  /** Null may be passed. */
  readonly nullable: boolean;
  readonly kind: HelperKind;
}

export type HelperKind =
  | { readonly kind: "number"; readonly type: IntType | NetworkType }
  /** A number, or a pointer, that is no more than an address to the verifier. */
  | { readonly kind: "address" }
  /** The context, a socket, or either: hooks differ. `structs`: kernel types that are taken. */
  | {
      readonly kind: "object";
      readonly context: boolean;
      readonly socket: boolean;
      readonly structs: readonly string[];
      readonly releases: boolean;
    }
  | { readonly kind: "map" }
  /** Of the map that was named before. */
  | { readonly kind: "key" }
  | { readonly kind: "value"; readonly writes: boolean }
  /** `bytes`: at least so many, and no size is passed; 0: its size is. */
  | { readonly kind: "memory"; readonly reads: boolean; readonly writes: boolean; readonly bytes: number }
  /** A text that is known when compiling. */
  | { readonly kind: "text" };

export type HelperResult =
  | { readonly kind: "void" }
  | { readonly kind: "number"; readonly type: IntType }
  /** Of the map that was named. */
  | { readonly kind: "value"; readonly nullable: boolean }
  | { readonly kind: "socket"; readonly struct: "bpf_sock" | "bpf_tcp_sock"; readonly nullable: boolean }
  | { readonly kind: "kernel"; readonly struct: string; readonly nullable: boolean };

/** By name, the words of each line. */
const NAMED: ReadonlyMap<string, readonly string[]> = new Map(
  HELPER_NAMES.trim()
    .split("\n")
    .map((line) => {
      const [name = "", ...words] = line.split(" ");
      return [name, words];
    }),
);

export const HELPER_LIST = [...NAMED.keys()] as readonly HelperName[];

/** Whether the helper is called as other functions are. */
export function isNamedHelper(name: HelperName): boolean {
  return NAMED.has(name);
}

/** Helpers that write formatted text somewhere, and take a template for the format and its values. */
export type Printer = "bpf_seq_printf" | "bpf_snprintf";

export function takesTemplate(name: string): name is Printer {
  return name === "bpf_seq_printf" || name === "bpf_snprintf";
}

const read = new Map<string, Helper>();

/** Read when somebody asks. */
export function helperNamed(name: HelperName): Helper {
  let helper = read.get(name);
  if (helper === undefined) read.set(name, (helper = parse(name, NAMED.get(name) ?? [])));
  return helper;
}

const SOCKETS = new Set(["socket", "sock_common", "sock"]);

function parse(name: HelperName, words: readonly string[]): Helper {
  // What the newest kernels have, in all places.
  const forms = (prototypeLines().get(name) ?? [])
    .filter(({ before }) => before === Number.POSITIVE_INFINITY)
    .map(({ signature }) => prototypeParts(signature));
  const last = forms.at(-1);
  if (last === undefined) throw new TypeError(`${name} has no prototype`);
  const arrow = words.indexOf(">");
  const names = arrow < 0 ? words : words.slice(0, arrow);
  const lists = forms.map((form) => merged(form.arguments));
  const least = Math.min(...lists.map((list) => list.length));
  const parameters = names.map((word, index): HelperParameter => {
    const [title = "", type = ""] = word.split(":");
    const terms = lists.map((list) => list[index]).filter((term) => term !== undefined);
    const nullable = terms.some((term) => term.nullable);
    return { name: title, optional: terms.length > 0 && index >= least, nullable, kind: kindOf(terms, type) };
  });
  return {
    name,
    parameters,
    result: resultOf(last.result, arrow < 0 ? null : (words[arrow + 1] ?? null)),
    gpl: forms.every(({ properties }) => properties.includes("gpl")),
    moves: forms.some(({ properties }) => properties.includes("changes")),
    sleeps: forms.every(({ properties }) => properties.includes("sleeps")),
    packet: forms.some(({ properties }) => properties.includes("packet")),
  };
}

/** Without the sizes of memory. */
function merged(terms: readonly PrototypeTerm[]): readonly PrototypeTerm[] {
  return terms.filter((term, index) => !(isSize(term) && terms[index - 1]?.class === "mem"));
}

function isSize({ class: name }: PrototypeTerm): boolean {
  return name === "size" || name === "size0";
}

function kindOf(terms: readonly PrototypeTerm[], type: string): HelperKind {
  const [first] = terms;
  // The kernel's function has it, and its prototype does not say so (the flags of bpf_get_branch_snapshot).
  if (first === undefined) return { kind: "number", type: numberType(type === "" ? "u64" : type) };
  const { class: name, bytes, letters } = first;
  if (terms.some((term) => term.class === "ctx" || term.class === "btf" || SOCKETS.has(term.class))) {
    return {
      kind: "object",
      context: terms.some((term) => term.class === "ctx"),
      socket: terms.some((term) => SOCKETS.has(term.class)),
      structs: terms.flatMap((term) => (term.class === "btf" && term.detail !== null ? [term.detail] : [])),
      releases: letters.includes("!"),
    };
  }
  switch (name) {
    case "map":
      return { kind: "map" };
    case "key":
      return { kind: "key" };
    case "value":
      return { kind: "value", writes: letters.includes("w") };
    case "mem": {
      const writes = letters.includes("w");
      return { kind: "memory", reads: !letters.includes("u"), writes: writes || letters === "", bytes };
    }
    case "str":
      return { kind: "text" };
    default:
      return type === "address" ? { kind: "address" } : { kind: "number", type: numberType(type === "" ? "u64" : type) };
  }
}

function numberType(name: string): IntType | NetworkType {
  return Object.hasOwn(NETWORK, name) ? NETWORK[name as "be16"] : INTS[name as "u64"];
}

function resultOf({ class: name, detail, nullable }: PrototypeTerm, type: string | null): HelperResult {
  switch (name) {
    case "void":
      return { kind: "void" };
    case "value":
      return { kind: "value", nullable };
    case "socket":
    case "sock_common":
      return { kind: "socket", struct: "bpf_sock", nullable };
    case "tcp_sock":
      return { kind: "socket", struct: "bpf_tcp_sock", nullable };
    case "btf":
      return { kind: "kernel", struct: detail ?? "", nullable };
    default: {
      if (type === "void") return { kind: "void" };
      const result = numberType(type ?? "i64");
      return { kind: "number", type: result.kind === "network" ? result.host : result };
    }
  }
}

/** As messages show it. */
export function helperSignature({ name, parameters, result }: Helper): string {
  const given = parameters.map((parameter) => `${parameter.name}${parameter.optional ? "?" : ""}`);
  const returns =
    result.kind === "number"
      ? result.type.name
      : result.kind === "void"
        ? "void"
        : result.kind === "value"
          ? "value of the map"
          : result.struct;
  return `${name}(${given.join(", ")}): ${returns}${"nullable" in result && result.nullable ? " | null" : ""}`;
}
