/**
 * Every refusal of the compiler, in one table: a stable code, a title for the documentation, what is wrong, and what to
 * write instead. `{name}` in a text is filled in by the place that reports it.
 *
 * SK10xx the text, SK11xx constructs that the language does not have, SK20xx names, SK21xx types, SK22xx numbers,
 * SK23xx null and flow, SK24xx functions, SK30xx maps, hooks and packets, SK40xx limits, SK50xx C.
 */

import { excerpt } from "./excerpt.ts";

interface Template {
  readonly title: string;
  readonly message: string;
  readonly hint: string;
}

export const DIAGNOSTICS = {
  // ── the text ──
  SK1001: { title: "Syntax error", message: "{problem}", hint: "the text must be valid TypeScript" },
  SK1002: {
    title: "Nested too deeply",
    message: "this is nested too deeply to compile",
    hint: "name parts of it with const, or split it into functions",
  },
  // ── constructs ──
  SK1101: { title: "Construct not in the language", message: "{what} is not part of the language", hint: "{instead}" },
  SK1102: { title: "Loose equality", message: "{operator} converts its operands before it compares", hint: "write {instead}" },
  SK1103: {
    title: "Assignment inside an expression",
    message: "an assignment has no value here",
    hint: "compare with ===, or make it a statement of its own",
  },
  SK1104: { title: "Statement without effect", message: "this statement does nothing", hint: "remove it, or use its value" },
  SK1105: {
    title: "Unused result",
    message: "the result of {what} is not used",
    hint: "use it in a condition or a const, or remove the call",
  },
  SK1106: {
    title: "Closure",
    message: "a function inside a function would be a closure",
    hint: "move it to the top level of the file and pass what it needs as parameters",
  },
  SK1107: {
    title: "Top-level statement",
    message: "{what} cannot stand at the top level of a program",
    hint: "at the top level are imports, interfaces, types, functions, constants, maps and programs",
  },
  // ── names ──
  SK2001: { title: "Unknown name", message: "there is no {name} here", hint: "{instead}" },
  SK2002: { title: "Name declared twice", message: "{name} is already declared in line {line}", hint: "choose another name" },
  SK2003: {
    title: "Used before its declaration",
    message: "{name} is used before its declaration in line {line}",
    hint: "move the declaration up",
  },
  SK2004: { title: "Assignment to a constant", message: "{name} is constant", hint: "{instead}" },
  SK2005: { title: "Unknown module", message: 'a program cannot import from "{module}"', hint: "{instead}" },
  SK2006: { title: "Unknown export", message: "{module} has no {name}", hint: "{instead}" },
  SK2007: { title: "Not a value", message: "{name} is {what}, not a value", hint: "{instead}" },
  SK2008: { title: "Not a type", message: "{name} is not a type of the language", hint: "{instead}" },
  SK2009: { title: "Unknown property", message: "{type} has no {name}", hint: "{instead}" },
  SK2010: {
    title: "Not a function",
    message: "{what} cannot be called",
    hint: "call a function, a helper, a cast or a method of a map",
  },
  SK2011: {
    title: "Recursion",
    message: "{name} calls itself ({path})",
    hint: "a program must be proven to end: write a bounded loop instead",
  },
  SK2012: { title: "Unknown label", message: "there is no {what} to {verb} here", hint: "{instead}" },
  SK2013: {
    title: "Circular import",
    message: "files import each other in a circle: {path}",
    hint: "write import type where only types are needed, or move what both need into a file of its own",
  },
  SK2014: {
    title: "Name in two files",
    message: "{name} is already declared in {other}, and both become part of one program",
    hint: "rename one of them: the kernel knows maps, variables and programs by their names",
  },
  SK2015: {
    title: "Renamed export",
    message: "{name} is {what}: the kernel knows it by its own name",
    hint: "export it under its name, or rename its declaration",
  },
  // ── types ──
  SK2101: { title: "Wrong type", message: "expected {expected}, found {found}", hint: "{instead}" },
  SK2102: {
    title: "Narrowing without a cast",
    message: "{found} does not fit into {expected} without loss",
    hint: "write {expected}(…) to keep the low bits on purpose, or use a wider type",
  },
  SK2103: {
    title: "Signed and unsigned mixed",
    message: "{left} and {right} mix signed and unsigned of one width",
    hint: "cast one of them: {cast}",
  },
  SK2104: { title: "Operator on a wrong type", message: "{operator} does not take {found}", hint: "{instead}" },
  SK2105: { title: "Missing type", message: "{what} needs a type", hint: "{instead}" },
  SK2106: {
    title: "Wrong number of arguments",
    message: "{what} takes {expected}, not {found}",
    hint: "the signature is {signature}",
  },
  SK2107: { title: "Missing field", message: "{type} needs the field {name}", hint: "its fields are {fields}" },
  SK2108: { title: "Unknown field", message: "{type} has no field {name}", hint: "its fields are {fields}" },
  SK2109: {
    title: "Wrong number of elements",
    message: "{type} takes {expected} elements, not {found}",
    hint: "write exactly {expected}",
  },
  SK2110: { title: "Struct without fields", message: "{name} has no fields", hint: "a struct needs at least one field" },
  SK2111: {
    title: "Recursive struct",
    message: "{name} contains itself",
    hint: "a struct holds its fields by value: leave it out",
  },
  SK2112: {
    title: "Stack reference in a variable",
    message: "let holds a struct, array or text of its own",
    hint: "{instead}",
  },
  SK2113: {
    title: "Index not proven",
    message: "the index may be {range}, the array has {length} elements",
    hint: "mask or bound it so that it cannot leave the array, e.g. [i & {mask}] or for (let i = 0; i < {length}; i++)",
  },
  SK2116: {
    title: "Name for what may be replaced",
    message: "this would be a second name for what let holds, which may be replaced",
    hint: "{instead}, or use the variable itself",
  },
  SK2117: {
    title: "Not one field of a union",
    message: "{type} holds one of its fields, not {found}",
    hint: "give one of {fields}",
  },
  SK2114: { title: "Read-only", message: "{what} cannot be assigned", hint: "{instead}" },
  // ── numbers ──
  SK2201: {
    title: "Constant does not fit",
    message: "{value} does not fit into {type} ({min} … {max})",
    hint: "use a wider type or another constant",
  },
  SK2202: {
    title: "Not an integer",
    message: "{value} is not an integer",
    hint: "the language has integers only: scale it, e.g. count thousandths",
  },
  SK2203: {
    title: "Inexact constant",
    message: "{value} is beyond what a JavaScript number holds exactly",
    hint: "write it as a bigint: {value}n",
  },
  SK2204: {
    title: "Shift out of range",
    message: "a shift by {amount} is outside of 0 … {max} for {type}",
    hint: "cast to a wider type first, or shift by less",
  },
  SK2205: { title: "Division by constant zero", message: "this divides by zero", hint: "divide by something else" },
  SK2206: {
    title: "Not a constant",
    message: "{what} must be known when compiling",
    hint: "use literals and other top-level constants",
  },
  SK2207: {
    title: "Constant too large",
    message: "this constant needs more than 64 bits",
    hint: "integers have at most 64 bits",
  },
  // ── null and flow ──
  SK2301: { title: "May be null", message: "{what} may be null", hint: "{instead}" },
  SK2302: {
    title: "Not every path returns",
    message: "{name} can end without returning {type}",
    hint: "{instead}",
  },
  SK2303: { title: "Return without a value", message: "{name} must return {type}", hint: "write return with a value" },
  SK2304: { title: "Never null", message: "{what} is never null", hint: "remove the check" },
  SK2305: {
    title: "Number as a condition",
    message: "a condition on {found} does not tell null from 0",
    hint: "compare with null: … !== null",
  },
  SK2306: { title: "Duplicate case", message: "the case {value} is there twice", hint: "remove one of them" },
  SK2307: {
    title: "Endless loop",
    message: "nothing ends this loop",
    hint: "give it a bound, for (let i = 0; i < 64; i++), or leave it with break or return",
  },
  // ── functions ──
  SK2402: {
    title: "Not a callback",
    message: "{what} calls a function back, and this is none that it can call",
    hint: "write a function: {signature}",
  },
  SK2403: { title: "Result of a callback", message: "the callback of {what} returns {found}", hint: "{instead}" },
  SK2404: {
    title: "Variable of a program that has ended",
    message: "the callback of {what} runs later, when {name} is gone",
    hint: "keep it in the map's value, which the callback gets",
  },
  SK2405: { title: "Type arguments unknown", message: "{problem}", hint: "{instead}" },
  SK2406: { title: "Kept by the kernel", message: "{problem}", hint: "{instead}" },
  SK2407: { title: "Lock not followed", message: "{problem}", hint: "{instead}" },
  SK2408: { title: "Not closed on every path", message: "{problem}", hint: "{instead}" },
  SK2401: { title: "Cannot be a sub-program", message: "{problem}", hint: "{instead}" },
  // ── the kernel's types ──
  SK2501: { title: "Field without a type", message: "this field cannot be read: {problem}", hint: "read another field" },
  SK2502: {
    title: "Field that may not exist",
    message: "not every kernel has {field} in {struct}",
    hint: 'ask first: if (field(…, "{field}")) …',
  },
  SK2503: { title: "Bad question about the kernel", message: "{problem}", hint: "{instead}" },
  SK2504: { title: "Unknown kernel pointer", message: "{problem}", hint: "{instead}" },
  SK2505: { title: "Wrong parameters of a program", message: "{problem}", hint: "{instead}" },
  SK2506: { title: "Unknown target", message: "the kernel has no {what} {name}", hint: "{instead}" },
  // ── maps, hooks, packets ──
  SK3001: {
    title: "Declaration not at the top level",
    message: "{what} is declared by export const at the top level",
    hint: "write export const name = {what}(…)",
  },
  SK3002: { title: "Bad map option", message: "{problem}", hint: "{instead}" },
  SK3003: { title: "Bad map type argument", message: "{problem}", hint: "{instead}" },
  SK3004: { title: "Map operation not supported", message: "{map} has no {method}", hint: "{instead}" },
  SK3005: { title: "Bad program", message: "{problem}", hint: "{instead}" },
  SK3006: { title: "Bad verdict", message: "{value} is not a verdict of {hook}", hint: "return one of {verdicts}" },
  SK3007: {
    title: "Nothing to compile",
    message: "this file exports no program",
    hint: "write export const name = xdp((ctx) => …)",
  },
  SK3008: { title: "Name too long", message: "{name} is longer than {max} characters", hint: "choose a shorter name" },
  SK3009: {
    title: "Header is not a value",
    message: "{name} is a protocol header",
    hint: "read it with ctx.packet.at({name}, offset); its length is {name}.size",
  },
  SK3010: { title: "Bad address", message: "{text} is not {kind}", hint: "{instead}" },
  SK3011: { title: "Bad function of the application", message: "{problem}", hint: "{instead}" },
  // ── events, variables, data ──
  SK3101: {
    title: "Not a reservation",
    message: "{method} takes what {map}.reserve() gave, by its name",
    hint: "write const e = {map}.reserve(); if (e === null) return …; for a record made elsewhere there is {map}.output(record)",
  },
  SK3102: { title: "Cannot be printed", message: "{problem}", hint: "{instead}" },
  SK3103: {
    title: "Reservation not handed back",
    message: "{name}, reserved in line {line}, is neither submitted nor discarded {where}",
    hint: "write {map}.submit({name}) or {map}.discard({name}) on that path, too",
  },
  SK3104: {
    title: "Used after it was handed back",
    message: "{name} may have been handed back in line {line}",
    hint: "use it before that, and hand it back once",
  },
  SK3105: {
    title: "Reservation without a name",
    message: "what {map}.reserve() gives must be kept, to be handed back",
    hint: "write const e = {map}.reserve(); if (e === null) return …",
  },
  SK3106: { title: "Bad config", message: "{problem}", hint: "{instead}" },
  SK3107: { title: "Not atomic", message: "{problem}", hint: "{instead}" },
  SK3108: { title: "Text does not fit", message: "{problem}", hint: "{instead}" },
  SK3110: { title: "Bad pointer", message: "{problem}", hint: "{instead}" },
  SK3111: { title: "Not one arena", message: "{problem}", hint: "{instead}" },
  SK3112: { title: "Other memory than the arena's", message: "{problem}", hint: "{instead}" },
  // ── helpers ──
  SK3201: {
    title: "Helper that the hook does not have",
    message: "programs of {hook} have no {helper}",
    hint: "{instead}",
  },
  SK3202: {
    title: "Helper for GPL programs",
    message: "the kernel keeps {helper} for programs under a licence that is compatible with the GPL, which {license} is not",
    hint: 'write export const license = "GPL" (or "Dual MIT/GPL"), or do without the helper',
  },
  SK3203: {
    title: "View of a packet that moved",
    message: "{name} was made before {helper} moved the packet in line {line}",
    hint: "make it again after that: ctx.packet.at(…)",
  },
  SK3109: {
    title: "Reservation of another function",
    message: "{name} was reserved outside of this function, which may be called many times or never",
    hint: "reserve and hand back in one function, or copy with {map}.output(record)",
  },
  // ── limits ──
  SK4001: {
    title: "Program too large",
    message: "{name} becomes too large when its functions are inlined",
    hint: "call functions fewer times, use a loop, or write /** @noinline */ before large functions",
  },
  SK4002: {
    title: "Stack too large",
    message: "{problem}",
    hint: "a frame has 512 bytes: keep large structs in a map (perCpuArray with one entry)",
  },
  SK4003: { title: "Cannot be compiled", message: "{problem}", hint: "{instead}" },
  // ── C ──
  SK5001: { title: "Refused by clang", message: "{problem}", hint: "{instead}" },
  SK5002: { title: "Clang's warning", message: "{problem}", hint: "{instead}" },
} as const satisfies Record<string, Template>;

export type DiagnosticCode = keyof typeof DIAGNOSTICS;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;

/** What the texts of a code must be filled with. */
export type Details<Code extends DiagnosticCode> = {
  readonly [Name in Placeholders<(typeof DIAGNOSTICS)[Code]["message"] | (typeof DIAGNOSTICS)[Code]["hint"]>]:
    | string
    | number
    | bigint;
};

/** One thing wrong with a source. Lines and columns count from 1; the end is exclusive. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  /** As the compiler was given it. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly message: string;
  /** What to write instead; empty when nobody knows (of C, clang says what is wrong and seldom what would be right). */
  readonly hint: string;
  /** The source line it starts in. */
  readonly text: string;
}

/** A source that is not a program of the language. The message is its first diagnostic, in one line. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  /** In the order of the source; at least one. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const first = diagnostics[0];
    const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : "";
    super(first === undefined ? "the source does not compile" : `${where(first)}: ${told(first)}${more}`);
    this.diagnostics = diagnostics;
  }
}

function where(d: Diagnostic): string {
  return `${d.file}:${d.line}:${d.column}`;
}

function told({ message, hint }: Diagnostic): string {
  return hint === "" ? message : `${message}; ${hint}`;
}

/** What is wrong, where, the line with a caret under it, and what to write instead; several lines, without a final newline. */
export function renderDiagnostic(d: Diagnostic, options: { readonly color: boolean }): string {
  const paint = (style: string, text: string) => (options.color ? `\x1b[${style}m${text}\x1b[0m` : text);
  const gutter = `${d.line} | `;
  const end = d.endLine === d.line ? d.endColumn : d.text.length + 1;
  const { line, mark } = excerpt(d.text, d.column - 1, end - 1);
  const indent = mark.slice(0, mark.indexOf("^"));
  const kind = d.code === "SK5002" ? paint("1;33", `warning ${d.code}`) : paint("1;31", `error ${d.code}`);
  return [
    `${paint("1", where(d))}: ${kind}: ${d.message}`,
    `${paint("2", gutter)}${line}`,
    `${paint("2", `${" ".repeat(gutter.length - 2)}| `)}${indent}${paint("31", mark.slice(indent.length))}`,
    ...(d.hint === "" ? [] : [`${" ".repeat(gutter.length - 2)}${paint("2", "=")} ${paint("36", "instead:")} ${d.hint}`]),
  ].join("\n");
}
