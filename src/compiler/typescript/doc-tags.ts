/** Tags in doc comments that mean something to the compiler: `@packed`, `@inline`, `@noinline`, `@kernel`, `@optional`, `@arena`. */

import type * as Syntax from "@babel/types";
import type { Source } from "./parse.ts";

/** Whether a doc comment right before a node (or before its `export`, `const`, `let`) has the tag. */
export function hasTag(source: Source, node: Syntax.Node, tag: string): boolean {
  const start = node.start ?? 0;
  const comment = source.comments.findLast((candidate) => (candidate.end ?? 0) <= start);
  if (comment === undefined || !new RegExp(`@${tag}\\b`).test(comment.value)) return false;
  const between = source.text.slice(comment.end ?? 0, start);
  return /^\s*(export\s+)?((const|let)\s+)?$/.test(between);
}
