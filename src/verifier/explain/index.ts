/** Refusals in words that people read: of a kernel's verifier by its log, and of Skep's own. */

export { type ExplainOptions, explain } from "./explain.ts";
export type { Category, Explanation, PathStep, Place, StepKind, Suggestion } from "./explanation.ts";
export { type EditorDiagnostic, toDiagnostic } from "./render/editor.ts";
export { errorLine, githubLine, messageOf } from "./render/line.ts";
export { renderExplanation, type TerminalOptions } from "./render/terminal.ts";
export { explainVerdict } from "./verdict.ts";
