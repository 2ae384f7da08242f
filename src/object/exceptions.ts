/**
 * Functions that handle exceptions (`bpf_throw`). Nothing calls them; a declaration tag of the program names its one, and
 * it becomes part of the program behind all that are called (`bpf_prog_assign_exc_cb` of libbpf 1.3 and newer).
 */

import { type Elf, STT } from "./elf.ts";
import type { Functions, ObjectFunction } from "./functions.ts";
import type { ObjectTypes } from "./types.ts";

const CALLBACK_TAG = "exception_callback:";

/**
 * Program → the function of `.text` that its declaration tag names as what handles its exceptions (`__exception_cb`).
 *
 * A tag that the kernel will refuse (of two, of a function that does not exist or is not global) names none: it concerns that
 * program alone, and the others of its object load. It stays in the types, where the kernel's verifier finds it.
 */
export function exceptionCallbacks(elf: Elf, types: ObjectTypes | null, functions: Functions): Map<string, ObjectFunction> {
  const found = new Map<string, ObjectFunction>();
  const tagged = new Set<string>();
  if (types === null) return found;
  let byName: Map<string, ObjectFunction> | undefined;
  for (const id of types.btf.ids("declTag")) {
    if (!types.btf.name(id).startsWith(CALLBACK_TAG)) continue;
    const tag = types.btf.type(id);
    if (tag.kind !== "declTag" || tag.component !== -1) continue;
    const func = types.btf.type(tag.type);
    if (func.kind !== "function") continue;
    byName ??= new Map(functions.all.filter((each) => !each.isProgram).map((each) => [each.name, each]));
    const name = tag.name.slice(CALLBACK_TAG.length);
    const callback = byName.get(name);
    const isFirst = !tagged.has(func.name);
    tagged.add(func.name);
    if (!isFirst) {
      found.delete(func.name);
      elf.notes.push(`program ${JSON.stringify(func.name)}: two functions to handle its exceptions, none is added`);
    } else if (callback?.isGlobal && elf.symbols.type[callback.symbol] === STT.FUNC) {
      found.set(func.name, callback);
    } else {
      elf.notes.push(`program ${JSON.stringify(func.name)}: no global function ${JSON.stringify(name)} to handle its exceptions`);
    }
  }
  return found;
}
