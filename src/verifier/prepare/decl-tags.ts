/** Declaration tags (`btf_decl_tag`) by what they tag. */

import type { Btf } from "../../btf/btf.ts";

const tables = new WeakMap<Btf, ReadonlyMap<string, readonly string[]>>();

/**
 * What follows `prefix` in the tags of a type, or of one of its members or parameters; in the order of their ids.
 *
 * @param component -1: the whole.
 */
export function declTags(btf: Btf, type: number, component: number, prefix: string): string[] {
  let table = tables.get(btf);
  if (table === undefined) {
    table = collect(btf);
    tables.set(btf, table);
  }
  const tags = table.get(`${type}:${component}`) ?? [];
  return tags.filter((tag) => tag.startsWith(prefix)).map((tag) => tag.slice(prefix.length));
}

function collect(btf: Btf): ReadonlyMap<string, readonly string[]> {
  const table = new Map<string, string[]>();
  for (const id of btf.ids("declTag")) {
    const tag = btf.type(id);
    if (tag.kind !== "declTag" || tag.attribute) continue;
    const key = `${tag.type}:${tag.component}`;
    const list = table.get(key);
    if (list === undefined) table.set(key, [tag.name]);
    else list.push(tag.name);
  }
  return table;
}
