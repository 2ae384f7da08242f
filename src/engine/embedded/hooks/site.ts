/** A hook in an engine: its context in linear memory, and the programs that are asked. */

import { openBtf } from "../../../btf/btf.ts";
import { type Codec, makeCodec } from "../../../btf/codec.ts";
import { ValueError } from "../../../btf/errors.ts";
import type { ProgramSpec, Spec } from "../../../object/spec.ts";
import type { AttachOptions, LinkHandle, Program } from "../../engine.ts";
import { VerifierError } from "../../errors.ts";
import { difference } from "../../layout-difference.ts";
import type { ContextRules } from "../access.ts";
import { GENERAL } from "../helpers/general.ts";
import { helperTable } from "../helpers/helper.ts";
import type { Region } from "../memory.ts";
import type { ProgramKind } from "../programs/kind.ts";
import { inserted } from "../room/hook.ts";
import type { Room } from "../room/room.ts";
import { structName } from "./describe.ts";
import { structWriter, type Writer } from "./encode.ts";
import type { AnyHook, HookPlan } from "./hook.ts";
import { TEXT } from "./layout.ts";
import { HookLink } from "./link.ts";
import { HookProgram } from "./program.ts";

/** A field that comes back. */
interface Written {
  readonly name: string;
  readonly offset: number;
  readonly codec: Codec;
  readonly isText: boolean;
}

export class HookSite implements ContextRules {
  readonly name: string;
  readonly section: string;
  readonly size: number;
  /** Where the context is: what programs find in r1. */
  readonly address: number;
  readonly kind: ProgramKind;
  /** In the order in which they are asked. Replaced as a whole: a run that is going on keeps those it began with. */
  links: readonly HookLink[] = [];

  readonly #hook: AnyHook;
  readonly #plan: HookPlan;
  readonly #room: Room;
  readonly #region: Region;
  readonly #encode: Writer;
  readonly #written: readonly Written[];

  /** @throws RangeError when another engine has the hook; MapError `memory` when there is no room for its context. */
  constructor(hook: AnyHook, room: Room) {
    const { plan } = hook;
    const { layout } = plan;
    this.name = hook.name;
    this.section = hook.section;
    this.size = layout.size;
    hook.place(this);
    this.#hook = hook;
    this.#plan = plan;
    this.#room = room;
    this.#region = room.memory.allocate(layout.size, `context of ${hook.name}`, "engine");
    this.address = this.#region.start;
    this.#encode = structWriter(layout.fields, room.memory, this.address, hook.name);
    const { types, fields } = hook.contextTypes();
    this.#written = layout.fields
      .filter(({ type }) => type.writable === true)
      .map(({ name, offset, type }) => ({
        name,
        offset,
        codec: makeCodec(types, fields.get(name) ?? 0, { name: `${hook.name}.${name}` }),
        isText: type.kind === "text",
      }));
    this.kind = {
      type: "unspec",
      helpers: helperTable([...GENERAL, ...plan.functions.values()]),
      functions: plan.functions,
      context: this,
      packetLoads: false,
      make: (spec, executors, _room, fuel) => new HookProgram(spec, executors[0]!, this, fuel),
      check: (program, spec) => this.#check(program, spec),
    };
  }

  get idle(): boolean {
    return this.links.length === 0;
  }

  /** Programs may read all of the context, and write what lies in one of its writable fields. */
  allows(offset: number, size: number, write: boolean): boolean {
    if (!write) return true;
    return this.#written.some((field) => offset >= field.offset && offset + size <= field.offset + field.codec.size);
  }

  /** The verdict. Hot. */
  run(context: unknown): number | boolean {
    const cpu = this.#room.cpus[0]!;
    if (cpu.busy)
      throw new TypeError(`${this.name}: a program of this engine is running; a function that it calls may not run a hook`);
    const { links } = this;
    const { all, decode, undecided, onFault } = this.#plan;
    this.#encode(context);
    let verdict = undecided;
    for (let index = 0; index < links.length; index++) {
      const said = decode(links[index]!.ask(onFault));
      if (said === undecided || verdict !== undecided) continue;
      verdict = said;
      if (!all) break;
    }
    if (this.#written.length > 0) this.#writeBack(context as Record<string, unknown>);
    return verdict;
  }

  /** Puts a context in place: an object with every field, or bytes. @throws ValueError */
  write(context: unknown): void {
    if (!(context instanceof Uint8Array)) {
      this.#encode(context);
      return;
    }
    if (context.length > this.size) throw new ValueError(this.name, `at most ${this.size} bytes`, `${context.length}`);
    const { bytes } = this.#room.memory;
    bytes.fill(0, this.address, this.address + this.size);
    bytes.set(context, this.address);
  }

  /** The context as programs left it. */
  read(): Uint8Array {
    return this.#room.memory.bytes.slice(this.address, this.address + this.size);
  }

  /** @throws AttachError when the position names a link that is not there. */
  attach(program: HookProgram, position: AttachOptions["position"] = "last"): HookLink {
    const link = new HookLink(this, program);
    this.links = inserted<HookLink, LinkHandle>(this.links, link, position, this.name);
    program.links.add(link);
    return link;
  }

  remove(link: HookLink): void {
    this.links = this.links.filter((other) => other !== link);
  }

  /** A program of this hook in this engine, or null. */
  programOf(program: Program): HookProgram | null {
    return program instanceof HookProgram && program.site === this ? program : null;
  }

  /** With the engine: the hook is free for another. */
  dispose(): void {
    this.#hook.place(null);
    this.links = [];
    this.#room.memory.release(this.#region);
  }

  #writeBack(context: Record<string, unknown>): void {
    const { bytes, view } = this.#room.memory;
    for (const { name, offset, codec, isText } of this.#written) {
      const at = this.address + offset;
      if (!isText) context[name] = codec.decode(bytes, at);
      else {
        const length = Math.min(view.getUint16(at + TEXT.length, true), codec.size - TEXT.bytes);
        context[name] = decoder.decode(bytes.slice(at + TEXT.bytes, at + TEXT.bytes + length));
      }
    }
  }

  /** Whether a program knows the context as it is. One without types is believed. */
  #check(program: ProgramSpec, spec: Spec): void {
    const main = program.functions?.find(({ slot }) => slot === 0);
    if (spec.types === null || main === undefined || main.type === 0) return;
    const theirs = openBtf(spec.types);
    const fn = theirs.type(main.type);
    const prototype = fn.kind === "function" ? theirs.type(fn.type) : null;
    const [parameter] = prototype?.kind === "prototype" ? prototype.parameters : [];
    const pointer = parameter === undefined ? null : theirs.type(theirs.resolve(parameter.type));
    if (pointer?.kind !== "pointer") return;
    const id = theirs.resolve(pointer.type);
    // `void *ctx` promises nothing.
    if (theirs.type(id).kind !== "struct") return;
    const { types, struct } = this.#hook.contextTypes();
    const why = difference(theirs, id, types, struct, structName(this.name));
    if (why === null) return;
    const message = `${program.name}: was compiled with another context than the hook ${this.name} has: ${why}; take it from the hook's declaration() or header()`;
    throw new VerifierError(program.name, [message], message);
  }
}

const decoder = new TextDecoder();
