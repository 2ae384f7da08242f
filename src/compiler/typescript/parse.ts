/**
 * The one file that knows the parser: @babel/parser 8, pure JavaScript (it also runs in a browser), with its TypeScript
 * plugin. It measured 20 ms to import and parse the first file, where `typescript` took 180 ms.
 */

import { type ParserOptions, parse as parseBabel } from "@babel/parser";
import type { Comment, Program } from "@babel/types";
import type { Reporter } from "./report.ts";

export interface Source {
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
}

const OPTIONS: ParserOptions = {
  sourceType: "module",
  plugins: ["typescript"],
  errorRecovery: true,
  attachComment: false,
};

/** Null, with diagnostics reported, when the text is not TypeScript at all. Of the program's own file, nodes name no file. */
export function parseSource(text: string, reporter: Reporter, file: string = reporter.main): Source | null {
  const own = file === reporter.main ? null : { file };
  if (text.includes("\0")) {
    reporter.report("SK1001", { ...own, line: 1, column: 1 }, { problem: "this is not a text in UTF-8" });
    return null;
  }
  try {
    const { program, comments, errors } = parseBabel(text, own === null ? OPTIONS : { ...OPTIONS, sourceFilename: file });
    for (const error of errors ?? []) if (!isCheckedLater(error)) reportSyntax(error, reporter, own);
    return { text, program, comments: comments ?? [] };
  } catch (error) {
    // The parser is recursive: brackets nested thousands deep overflow its stack before our own limit sees them.
    if (error instanceof RangeError) reporter.report("SK1002", { ...own, line: 1, column: 1 });
    else if (error instanceof SyntaxError) reportSyntax(error, reporter, own);
    // On some sources that are none it stumbles, over `namespace void` for one.
    else if (error instanceof TypeError)
      reporter.report("SK1001", { ...own, line: 1, column: 1 }, { problem: "somewhere this is no TypeScript" });
    else throw error;
    return null;
  }
}

/** Faults that the checker tells better: it knows what the names stand for. */
const CHECKED_LATER: ReadonlySet<unknown> = new Set(["VarRedeclaration", "IllegalBreakContinue", "InvalidLhs"]);

function isCheckedLater(error: object): boolean {
  return "reasonCode" in error && CHECKED_LATER.has(error.reasonCode);
}

function reportSyntax(error: object, reporter: Reporter, own: { readonly file: string } | null): void {
  const { message, loc } = error as {
    readonly message?: string;
    readonly loc?: { readonly line: number; readonly column: number };
  };
  const problem = (message ?? "it does not parse").replace(/ \(\d+:\d+\)$/, "").replace(/\.$/, "");
  reporter.report("SK1001", { ...own, line: loc?.line ?? 1, column: (loc?.column ?? 0) + 1 }, { problem });
}
