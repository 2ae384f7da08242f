/** What an iterator program writes, as its readers see it: in pieces of bytes, or in lines of text. The same for both engines. */

import type { Iteration } from "./engine.ts";

export function iterationOf(chunks: Iteration["chunks"]): Iteration {
  return {
    chunks,
    async *[Symbol.asyncIterator]() {
      const decoder = new TextDecoder();
      let line = "";
      for await (const bytes of chunks()) {
        const lines = (line + decoder.decode(bytes, { stream: true })).split("\n");
        line = lines.pop() ?? "";
        yield* lines;
      }
      line += decoder.decode();
      if (line !== "") yield line;
    },
  };
}
