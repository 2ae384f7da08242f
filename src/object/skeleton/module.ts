/**
 * A module of types for any Spec: what its maps, variables and programs are to user space, so that
 * `load<typeof import("./trace.skel.ts")>(spec)` knows them. The same that a `.bpf.ts` says of itself.
 */

import { openBtf } from "../../btf/btf.ts";
import { isFreeName } from "../../btf/dts/names.ts";
import { declareTypes, type TypeDeclarations } from "../../btf/dts/print.ts";
import type { MapSpec, Spec } from "../spec.ts";
import { structsInArena } from "./arena.ts";

export interface SkeletonOptions {
  /** What the types are from, for the first line. */
  readonly source: string;
  /** How a module that loads the object finds it, as an expression of type Spec; default: declarations alone. */
  readonly load?: SkeletonLoad;
}

/** Text of the module. */
export interface SkeletonLoad {
  readonly imports: string;
  /** An expression of type Spec; `await` may stand in it. */
  readonly spec: string;
  /** Declarations that it needs. */
  readonly constants?: string;
}

/** Declared by the module besides the types of the Spec. */
const OWN = ["MapDeclaration", "ProgramDeclaration", "UserSide", "Collection", "Engine", "LoadOptions", "Module", "OBJECT"];

/** @throws BtfError when a type is malformed */
export function skeletonModule(spec: Spec, options: SkeletonOptions): string {
  const btf = spec.types === null ? null : openBtf(spec.types);
  const types = btf === null ? null : declareTypes(btf, "user", OWN);
  // What `heap.getAt<Node>(address, "Node")` is told.
  if (btf !== null) for (const id of structsInArena(spec, btf)) types?.spell(id);
  const exports = new Exports();
  for (const map of spec.maps) {
    // Maps of variables are those variables here.
    if (isVariables(spec, map)) continue;
    exports.add(map.name, mapType(map, types), comment(map));
  }
  for (const { name, type, map } of spec.globals ?? []) {
    if (type === 0 || types === null || !isVisible(name)) continue;
    const constant = map.includes(".rodata");
    exports.add(name, `UserSide<${types.spell(type)}>`, constant ? "Set before loading: `load(spec, { variables })`." : "");
  }
  for (const { name, type, section } of spec.programs)
    exports.add(name, `ProgramDeclaration<${JSON.stringify(type)}>`, section === "" ? "" : `\`SEC("${section}")\``);
  const names = exports.used(["MapDeclaration", "ProgramDeclaration", "UserSide"]);
  const { load } = options;
  const imports = [...(load === undefined ? [] : ["Collection", "Engine", "LoadOptions"]), ...names].sort();
  return [
    `// Made by "skep skeleton" from ${options.source}; do not edit: make it again when that changes.\n\n`,
    load?.imports ?? "",
    imports.length === 0 ? "" : `import type { ${imports.join(", ")} } from "skep";\n\n`,
    types?.text() ?? "",
    exports.text(),
    load === undefined ? "" : loader(exports, load),
  ].join("");
}

function loader(exports: Exports, { spec, constants }: SkeletonLoad): string {
  return `
/** What the object has. */
export interface Module {
${exports.members()}}

/** Loads it into an engine: \`await using it = await load(await openEngine())\`. */
export default async function load(engine: Engine, options?: LoadOptions): Promise<Collection<Module>> {
  return engine.load<Module>(${spec}, options);
}
${constants === undefined ? "" : `\n${constants}`}`;
}

/** What a module exports: names that TypeScript does not let anybody declare are declared otherwise, and exported as what they are. */
class Exports {
  readonly #lines: string[] = [];
  readonly #members: string[] = [];
  readonly #names = new Set<string>();

  /** The first of a name has it: C lets several static variables have the same. */
  add(name: string, type: string, note: string): void {
    if (this.#names.has(name) || !/^[A-Za-z_$][\w$]*$/.test(name)) return;
    this.#names.add(name);
    const doc = note === "" ? "" : `/** ${note.replaceAll("*/", "* /")} */\n`;
    const free = isFreeName(name) && name !== "load";
    this.#lines.push(
      free
        ? `${doc}export declare const ${name}: ${type};\n`
        : `${doc}declare const _${name}: ${type};\nexport { _${name} as ${name} };\n`,
    );
    this.#members.push(`  readonly ${name}: typeof ${free ? name : `_${name}`};\n`);
  }

  /** Of these names, those that something is declared with. */
  used(names: readonly string[]): string[] {
    return names.filter((name) => this.#lines.some((line) => line.includes(`${name}<`)));
  }

  text(): string {
    return this.#lines.length === 0 ? "export {};\n" : this.#lines.join("");
  }

  members(): string {
    return this.#members.join("");
  }
}

/** Made by the compiler: formats of `bpf_printk`, static variables of functions (`count.calls`). */
function isVisible(name: string): boolean {
  return !name.startsWith("____fmt") && !name.includes(".");
}

function isVariables(spec: Spec, { name }: MapSpec): boolean {
  return name.includes(".") || (spec.externs ?? []).some((extern) => extern.kind === "kconfig" && extern.map === name);
}

function comment({ type, maxEntries, pinning }: MapSpec): string {
  const unit = type.includes("ringbuf") ? "bytes" : maxEntries === 1 ? "entry" : "entries";
  const entries = maxEntries === 0 ? "" : `, ${maxEntries.toLocaleString("en-US")} ${unit}`;
  return `\`${type}\`${entries}${pinning === "name" ? ", pinned by its name" : ""}`;
}

function mapType(map: MapSpec, types: TypeDeclarations | null): string {
  const parts = [JSON.stringify(map.type)];
  const key = spelled(map.keyType, map.keySize, map.type.endsWith("array"), types);
  if (map.type === "array_of_maps" || map.type === "hash_of_maps")
    parts.push(key, map.inner === undefined ? "unknown" : mapType(map.inner, types));
  else parts.push(key, spelled(map.valueType, map.valueSize, false, types));
  return `MapDeclaration<${parts.join(", ")}>`;
}

/** As the codecs of the engines see it: without a type an index is a number, and the rest is bytes. */
function spelled(type: number, size: number, index: boolean, types: TypeDeclarations | null): string {
  if (type !== 0 && types !== null) return `UserSide<${types.spell(type)}>`;
  return index && size === 4 ? "UserSide<number>" : "UserSide<Uint8Array>";
}
