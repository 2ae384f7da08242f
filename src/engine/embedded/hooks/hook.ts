/**
 * A hook of an application's own: a place in its code where programs decide. It is declared once; an engine that is opened with it
 * (`openEmbedded({ hooks: [onRequest] })`) loads programs for it, and `run` asks those that are attached.
 */

import { openBtf } from "../../../btf/btf.ts";
import { contextTypes } from "./btf.ts";
import { declarationOf, headerOf, structName } from "./describe.ts";
import { type HookFunctions, helpersOf } from "./functions.ts";
import { layOut, type StructLayout } from "./layout.ts";
import type { HookLink } from "./link.ts";
import type { HookSite } from "./site.ts";
import type { BoolType, ContextOf, Fields, IntegerType, Typed } from "./types.ts";

export interface HookOptions<Verdict> {
  /** What programs return and `run` gives: `bool`, or an integer of up to 32 bits. */
  readonly returns: Typed<IntegerType, Verdict> | Typed<BoolType, Verdict>;
  /** The verdict that decides nothing: of `run` when no program is attached, or none decided. Default 0 (false). */
  readonly undecided?: Verdict;
  /**
   * `first`, the default: programs run in their order until one decides (returns anything but `undecided`). `all`: every program runs; the
   * first that decided counts.
   */
  readonly chain?: "first" | "all";
  /**
   * What counts as the verdict of a program that was stopped with a fault; its link counts it. Default: `undecided`, so that the next
   * program is asked. `throw`: `run` throws the FaultError.
   */
  readonly onFault?: Verdict | "throw";
  /** What its programs may call, besides the helpers that all have. */
  readonly functions?: HookFunctions;
}

/** What hook, engine and links know of a hook, whatever its types are. */
export interface HookPlan {
  readonly name: string;
  /** ELF section of its programs: `hook/http.request`. */
  readonly section: string;
  readonly fields: Fields;
  readonly layout: StructLayout;
  readonly functions: ReturnType<typeof helpersOf>;
  readonly all: boolean;
  /** The verdict in what a program left in r0, of which only the bits of its type count. */
  readonly decode: (r0: number) => number | boolean;
  readonly undecided: number | boolean;
  /** As a program would return it. */
  readonly onFault: number | "throw";
}

/**
 * Declares a hook.
 * @param name words of lower-case letters, digits and `_`, joined with dots: `http.request`.
 * @throws RangeError for what cannot be laid out: names that are none in C, more than 16 KiB.
 */
export function defineHook<const Of extends Fields, Verdict extends number | boolean>(
  name: string,
  fields: Of,
  options: HookOptions<Verdict>,
): Hook<ContextOf<Of>, Verdict> {
  return new Hook(name, fields, options);
}

export class Hook<in Context, out Verdict extends number | boolean = number | boolean> {
  readonly name: string;
  readonly section: string;
  /** @internal Engines read it. */
  readonly plan: HookPlan;
  readonly #undecided: Verdict;
  readonly #functions: HookFunctions;
  #site: HookSite | null = null;

  /** Use `defineHook`. */
  constructor(name: string, fields: Fields, options: HookOptions<Verdict>) {
    if (!/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/.test(name) || name.length > 100) {
      throw new RangeError(`hook: expected a name like "http.request", found ${JSON.stringify(name)}`);
    }
    const { returns, chain = "first", functions = {} } = options;
    if (returns.kind === "integer" && returns.size === 8) {
      throw new RangeError(`${name}: returns ${returns.name}, but a verdict has at most 32 bits`);
    }
    if (chain !== "first" && chain !== "all") throw new RangeError(`${name}: chain: expected first or all, found ${chain}`);
    this.name = name;
    this.section = `hook/${name}`;
    const decode = decoderOf(returns);
    const undecided = Number(options.undecided ?? 0);
    this.#undecided = decode(undecided) as Verdict;
    const { onFault } = options;
    this.#functions = functions;
    this.plan = {
      name,
      section: this.section,
      fields,
      layout: layOut(fields, name),
      functions: helpersOf(functions, name),
      all: chain === "all",
      decode,
      undecided: this.#undecided,
      onFault: onFault === "throw" ? "throw" : onFault === undefined ? undecided : Number(onFault),
    };
  }

  /**
   * Asks the attached programs. Hot. Programs see a copy of the argument; what they wrote to writable fields is put into it afterwards.
   * Without an engine or a program it is `undecided`, and costs nothing.
   * @throws ValueError when a field does not fit its type; FaultError where `onFault` says so; TypeError when called by a function that a
   *   program of the same engine calls.
   */
  run(context: Context): Verdict {
    const site = this.#site;
    if (site === null || site.idle) return this.#undecided;
    // Its type is what `returns` says, from which `decode` was made.
    return site.run(context) as Verdict;
  }

  /** What is attached, in the order in which it is asked. */
  get links(): readonly HookLink[] {
    return this.#site?.links ?? [];
  }

  /** Bytes of the context, as programs see it. */
  get size(): number {
    return this.plan.layout.size;
  }

  /** The types of the context, as BTF: the struct is called `http_request`. */
  types(): Uint8Array {
    return contextTypes(structName(this.name), this.plan.fields).bytes;
  }

  /** The head of a program in TypeScript: imports, the interface of the context, the functions. */
  declaration(): string {
    return declarationOf({ name: this.name, fields: this.plan.fields, functions: this.#functions });
  }

  /** A header for programs in C, with `SEC("hook/http.request")`. */
  header(): string {
    return headerOf({ name: this.name, fields: this.plan.fields, functions: this.#functions });
  }

  /** @internal Called by the engine that is opened with it, and with null when that is disposed. */
  place(site: HookSite | null): void {
    if (site !== null && this.#site !== null) {
      throw new RangeError(`${this.name}: another engine has this hook; dispose it first`);
    }
    this.#site = site;
  }

  /** @internal */
  contextTypes(): {
    readonly types: ReturnType<typeof openBtf>;
    readonly struct: number;
    readonly fields: ReadonlyMap<string, number>;
  } {
    const { bytes, struct, fields } = contextTypes(structName(this.name), this.plan.fields);
    return { types: openBtf(bytes), struct, fields };
  }
}

/** Any hook. */
export type AnyHook = Hook<never>;

function decoderOf(returns: IntegerType | BoolType): (r0: number) => number | boolean {
  if (returns.kind === "bool") return (r0) => (r0 & 0xff) !== 0;
  const shift = 32 - returns.size * 8;
  return returns.signed ? (r0) => (r0 << shift) >> shift : (r0) => (r0 << shift) >>> shift;
}
