/** Refusals in words that people read, by a verifier's log. (Of Skep's own verifier: verdict.ts, which needs all of it.) */

export { explainErrno } from "./errno.ts";
export { type ExplainOptions, explain } from "./explain.ts";
export type { Category, Explanation, PathStep, Place as SourcePlace, StepKind, Suggestion } from "./explanation.ts";
export { type EditorDiagnostic, toDiagnostic } from "./render/editor.ts";
export { errorLine, githubLine, messageOf } from "./render/line.ts";
export { renderExplanation, type TerminalOptions } from "./render/terminal.ts";
