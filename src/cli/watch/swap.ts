/**
 * Another program in the place of one that runs: it goes on with the maps whose shape is the same, and takes over at its hooks between
 * two events. When anything fails, what ran goes on as it did.
 */

import type { Collection, Engine, Link, LoadOptions, MapHandle, Program } from "../../engine/engine.ts";
import { MapError } from "../../engine/errors.ts";
import type { MapSpec, Spec } from "../../object/spec.ts";

/** What became of the maps. */
export interface Swapped {
  readonly collection: Collection;
  readonly kept: readonly string[];
  /** Made anew, and why. */
  readonly changed: ReadonlyMap<string, string>;
  readonly added: readonly string[];
  readonly gone: readonly string[];
}

/** Loads a Spec with as many of the old maps as have its shape. @throws what `load` throws; nothing has changed then. */
async function loadSuccessor(engine: Engine, spec: Spec, old: Collection, options: LoadOptions): Promise<Swapped> {
  const reuse: Record<string, MapHandle> = {};
  const changed = new Map<string, string>();
  const added: string[] = [];
  for (const map of spec.maps) {
    const [handle, before] = [old.maps[map.name], old.spec.maps.find(({ name }) => name === map.name)];
    if (handle === undefined || before === undefined) added.push(map.name);
    else if (!isMadeAnew(map)) {
      const why = initialValues(before, map);
      if (why === null) reuse[map.name] = handle;
      else changed.set(map.name, why);
    }
  }
  for (;;) {
    try {
      const collection = await engine.load(spec, { ...options, reuse });
      const gone = old.spec.maps.map(({ name }) => name).filter((name) => !spec.maps.some((map) => map.name === name));
      const told = (names: readonly string[]) => names.filter((name) => !name.endsWith(".rodata"));
      return { collection, kept: told(Object.keys(reuse)), changed, added: told(added), gone: told(gone) };
    } catch (error) {
      // The engine knows what a map must have to be another one.
      const why = error instanceof MapError ? /cannot be reused: (.*?); load without it/.exec(error.message)?.[1] : undefined;
      if (!(error instanceof MapError) || why === undefined || reuse[error.map] === undefined) throw error;
      delete reuse[error.map];
      changed.set(error.map, why);
    }
  }
}

/** Of constants, of what the Spec itself fills (programs and maps by name), and of buffers that belong to whoever reads them. */
function isMadeAnew({ frozen, contents, type }: MapSpec): boolean {
  return (
    frozen === true ||
    type === "struct_ops" ||
    type === "perf_event_array" ||
    contents?.kind === "programs" ||
    contents?.kind === "maps"
  );
}

/** Variables that begin with other values shall have them. */
function initialValues(before: MapSpec, after: MapSpec): string | null {
  const bytesOf = ({ contents }: MapSpec) => (contents?.kind === "bytes" ? Buffer.from(contents.bytes).toString("hex") : "");
  return bytesOf(before) === bytesOf(after) ? null : "its initial values changed";
}

/** A program, and where it is attached. */
export interface Attached {
  readonly program: Program;
  /** What it is attached to and how, as text: the same text is the same place. */
  readonly place: string;
  readonly link: Link;
}

/** A program that is to be attached. */
export interface Wanted {
  readonly program: Program;
  readonly place: string;
  attach(): Promise<Link>;
}

/**
 * Moves what is attached to new programs: links of the same program at the same place are updated, which is atomic; where the kernel
 * cannot, the new program is attached before the old one goes, so that no event is missed.
 * @returns what is attached now, and names of programs that for a moment ran twice.
 * @throws what attaching throws; everything is as it was then.
 */
export async function moveLinks(
  old: readonly Attached[],
  wanted: readonly Wanted[],
): Promise<{ readonly attached: readonly Attached[]; readonly twice: readonly string[] }> {
  const left = new Set(old);
  const updated: { readonly before: Attached; readonly now: Attached }[] = [];
  const made: Attached[] = [];
  const twice: string[] = [];
  try {
    for (const { program, place, attach } of wanted) {
      const before = [...left].find((one) => one.program.name === program.name && one.place === place);
      if (before !== undefined && (await canUpdate(before.link, program))) {
        left.delete(before);
        updated.push({ before, now: { program, place, link: before.link } });
      } else {
        made.push({ program, place, link: await attach() });
        if (before !== undefined) twice.push(program.name);
      }
    }
  } catch (error) {
    for (const { link } of made) await link.detach();
    for (const { before } of updated) await before.link.update(before.program);
    throw error;
  }
  for (const { link } of left) await link.detach();
  return { attached: [...updated.map(({ now }) => now), ...made], twice };
}

/** Updates it, if that kind of link can be. */
async function canUpdate(link: Link, program: Program): Promise<boolean> {
  try {
    await link.update(program);
    return true;
  } catch (error) {
    if (error instanceof Error && (error.name === "FeatureError" || error.name === "AttachError")) return false;
    throw error;
  }
}

/** What runs. */
export interface Running {
  readonly collection: Collection;
  readonly attached: readonly Attached[];
}

export interface Successor {
  readonly spec: Spec;
  readonly load: LoadOptions;
  /** Before anything of it runs: what goes into maps. `kept` have what they had. */
  prepare(collection: Collection, kept: readonly string[]): void;
  wanted(collection: Collection): readonly Wanted[];
}

/** Puts a successor in the place of what runs, whose collection is disposed. @throws when it cannot be: what ran goes on as it did. */
export async function exchange(
  engine: Engine,
  old: Running,
  next: Successor,
): Promise<{ readonly running: Running; readonly swapped: Swapped; readonly twice: readonly string[] }> {
  const swapped = await loadSuccessor(engine, next.spec, old.collection, next.load);
  const { collection } = swapped;
  try {
    next.prepare(collection, swapped.kept);
    const { attached, twice } = await moveLinks(old.attached, next.wanted(collection));
    await old.collection[Symbol.asyncDispose]();
    return { running: { collection, attached }, swapped, twice };
  } catch (error) {
    await collection[Symbol.asyncDispose]();
    throw error;
  }
}
