/** From an error to one line on stderr and an exit status. */

import { CliError, EXIT, type ExitStatus } from "./exit.ts";
import { counted, hasColours, styleFor } from "./terminal.ts";

/** By the error's `name`, so that saying what went wrong loads none of the rooms it could have gone wrong in. */
const STATUS: Readonly<Record<string, ExitStatus>> = {
  CompileError: EXIT.source,
  ClangError: EXIT.feature,
  CaptureError: EXIT.input,
  RecordingError: EXIT.input,
  ValueError: EXIT.input,
  MapError: EXIT.input,
  ObjectError: EXIT.input,
  BtfError: EXIT.input,
  CoreError: EXIT.input,
  LinkError: EXIT.input,
  LendError: EXIT.input,
  WriteError: EXIT.input,
  VerifierError: EXIT.refused,
  IsaError: EXIT.refused,
  FaultError: EXIT.refused,
  PrivilegeError: EXIT.privilege,
  FeatureError: EXIT.feature,
  AttachError: EXIT.attach,
  NotFoundError: EXIT.input,
  PinError: EXIT.input,
};

/** What the operating system says about a file, in words. */
const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "not permitted to read or write it",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is not a folder",
  ENOSPC: "the disk is full",
  EMFILE: "too many open files",
};

export async function reportFailure(error: unknown, options: { verbose: boolean; json: boolean }): Promise<ExitStatus> {
  const style = styleFor(process.stderr);
  const say = (text: string) => process.stderr.write(`${style.red("skep:")} ${text}\n`);
  if (!(error instanceof Error)) {
    say(`unexpected: ${String(error)}`);
    return EXIT.failure;
  }
  if (error.name === "CompileError") {
    process.stderr.write(await renderDiagnostics(error));
    // Machines find the same on stdout, where nothing else is: no command prints before its program is compiled.
    if (options.json && "diagnostics" in error)
      process.stdout.write(`${JSON.stringify({ diagnostics: error.diagnostics }, null, 2)}\n`);
    return EXIT.source;
  }
  if (error.name === "VerifierError" && (await explainRefusal(error))) {
    if (options.verbose) writeCauses(error);
    return EXIT.refused;
  }
  const status = error instanceof CliError ? error.status : (STATUS[error.name] ?? fileStatus(error));
  if (status === undefined) {
    say(`unexpected ${error.name}: ${error.message}`);
    process.stderr.write(options.verbose ? `${error.stack ?? ""}\n` : style.dim("  --verbose shows where; please report it\n"));
    return EXIT.failure;
  }
  say(fileMessage(error) ?? error.message);
  if (options.verbose) writeCauses(error);
  return status;
}

/** The whole log of a verifier, and what the error came of. */
function writeCauses(error: Error): void {
  if ("log" in error && Array.isArray(error.log)) process.stderr.write(`${error.log.join("\n")}\n`);
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
    process.stderr.write(`  because: ${cause.name}: ${cause.message}\n`);
}

/** A verifier's refusal with its source, its path and what to write instead; false when there is nothing to explain. */
async function explainRefusal(error: Error): Promise<boolean> {
  const { VerifierError } = await import("../engine/errors.ts");
  if (!(error instanceof VerifierError) || error.explanation === null) return false;
  const { renderExplanation } = await import("../verifier/explain/render/terminal.ts");
  const { sourceReader } = await import("./source-lines.ts");
  const explained = renderExplanation(error.explanation, { color: hasColours(process.stderr), source: sourceReader() });
  process.stderr.write(
    `${styleFor(process.stderr).red("skep:")} program ${error.program} was refused by the verifier\n\n${explained}\n`,
  );
  return true;
}

/** Every diagnostic with its source line and a caret. The renderer is loaded when it is needed. */
async function renderDiagnostics(error: Error): Promise<string> {
  const { CompileError, renderDiagnostic } = await import("../compiler/typescript/diagnostics.ts");
  if (!(error instanceof CompileError)) return `${error.message}\n`;
  const color = hasColours(process.stderr);
  const { diagnostics } = error;
  return `${diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, { color })).join("\n\n")}\n\n${counted(diagnostics.length, "error")}\n`;
}

function fileStatus(error: Error): ExitStatus | undefined {
  return fileMessage(error) === undefined ? undefined : EXIT.input;
}

function fileMessage(error: Error): string | undefined {
  const { code, path } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : FILE_ERRORS[code];
  return reason === undefined || path === undefined ? undefined : `${path}: ${reason}`;
}
