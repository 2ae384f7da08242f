/**
 * Functions that handle exceptions (`bpf_throw`). Nothing calls them; a declaration tag of the program names its one, and
 * it becomes part of the program behind all that are called (`bpf_prog_assign_exc_cb` of libbpf 1.3 and newer).
 */

import { type Elf, STT } from "./elf.ts";
import { ObjectError } from "./errors.ts";
import type { Functions, ObjectFunction } from "./functions.ts";
import type { ObjectTypes } from "./types.ts";

const CALLBACK_TAG = "exception_callback:";

/** Program → the function of `.text` that its declaration tag names as what handles its exceptions (`__exception_cb`). */
export function exceptionCallbacks(elf: Elf, types: ObjectTypes | null, functions: Functions): Map<string, ObjectFunction> {
  const found = new Map<string, ObjectFunction>();
  if (types === null) return found;
  let byName: Map<string, ObjectFunction> | undefined;
  for (const id of types.btf.ids("declTag")) {
    if (!types.btf.name(id).startsWith(CALLBACK_TAG)) continue;
    const tag = types.btf.type(id);
    if (tag.kind !== "declTag" || tag.component !== -1) continue;
    const tagged = types.btf.type(tag.type);
    if (tagged.kind !== "function") continue;
    byName ??= new Map(functions.all.filter((each) => !each.isProgram).map((each) => [each.name, each]));
    const name = tag.name.slice(CALLBACK_TAG.length);
    const callback = byName.get(name);
    if (callback === undefined || !callback.isGlobal || elf.symbols.type[callback.symbol] !== STT.FUNC) {
      throw new ObjectError("function", `expected a global function ${JSON.stringify(name)} to handle exceptions, found none`, {
        symbol: tagged.name,
      });
    }
    if (found.has(tagged.name)) {
      throw new ObjectError("function", "expected one function to handle exceptions, found two", { symbol: tagged.name });
    }
    found.set(tagged.name, callback);
  }
  return found;
}
