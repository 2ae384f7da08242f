/** `skep verify FILE`: whether kernels take a program, without having them; and if not, why. */

import type { ProgramSpec } from "../../object/spec.ts";
import type { Target } from "../../verifier/target.ts";
import { type Arguments, type CommandHelp, fileOperand } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { toJson } from "../maps.ts";
import { selectPrograms } from "../programs.ts";
import { sourceReader } from "../source-lines.ts";
import { naming, openSpec, write } from "../sources.ts";
import { hasColours, styleFor } from "../terminal.ts";
import type { Destination, Verification } from "../verification.ts";

const help: CommandHelp = {
  name: "verify",
  summary: "whether kernels take a program, offline, and if not, why",
  operands: "FILE [--kernel VERSION,…]",
  options: {
    kernel: {
      value: "VERSION,…",
      multiple: true,
      help: "6.1, 6.12, 6.18, embedded: one or several; the default is the three kernels",
    },
    program: { value: "NAME", multiple: true, help: "only this program" },
    log: { help: "the walk, state by state, in the kernel's notation (of one kernel: the newest by default)" },
    profile: {
      help: "where the verifier's steps go, by source line, and why paths are walked again (of one kernel: the newest by default)",
    },
    editor: { help: "diagnostics in the shape of the Language Server Protocol, as JSON" },
    lines: { help: "one line for each refusal, as compilers print them; on GitHub Actions as annotations" },
  },
  notes: [
    "FILE is a .bpf.ts source, or an object file that another compiler made.",
    "embedded is the embedded engine, without a recorded room: what needs a kernel's types is refused.",
    "The verdicts are those of the kernels' verifiers, for a process with all privileges; docs/verifier-differences.md says where they differ.",
    "Suggestions that could be tried on the instructions say so: checked, passes with this.",
    "--profile --json adds the profile to the JSON, as profile and differences.",
    "Ends with status 5 when a kernel refuses one of the programs.",
  ],
  examples: [
    "skep verify examples/firewall.bpf.ts",
    "skep verify prog.o --kernel 6.1,6.12 --program firewall",
    "skep verify prog.o --profile",
    "skep verify prog.o --kernel 6.18 --log | less",
  ],
};

const FORMATS = ["json", "log", "profile", "editor", "lines"] as const;

async function execute(args: Arguments): Promise<ExitStatus> {
  const file = fileOperand(help, args);
  const profile = args.flag("profile");
  // Both together are the profile, as JSON.
  const chosen = FORMATS.filter((format) => args.flag(format) && !(format === "profile" && args.flag("json")));
  if (chosen.length > 1) throw new CliError(EXIT.usage, `choose one of ${chosen.map((format) => `--${format}`).join(" and ")}`);
  const [format = "text"] = chosen;
  const destinations = await destinationsOf(args.values("kernel"), format === "log" || profile);
  const spec = await openSpec(file);
  const names = args.values("program");
  const programs = names.length === 0 ? spec.programs : selectPrograms(spec, names);
  if (programs.length === 0) throw new CliError(EXIT.input, `${file}: there is no program in it`);
  const { verifyFor, profileOf } = await import("../verification.ts");
  const results = [];
  for (const program of programs) {
    for (const destination of destinations)
      results.push(await naming(file, () => verifyFor(spec, program, destination, { log: format === "log", profile })));
  }
  const profileIn = ({ program, verdict }: Verification) => ({
    profile: verdict === null ? [] : profileOf(program, verdict.visits),
    differences: verdict?.differences ?? [],
  });
  const style = styleFor(process.stdout);
  const source = sourceReader(file);
  switch (format) {
    case "json":
      await write(
        `${toJson({ file, results: results.map((result) => ({ ...plainResult(result), ...(profile ? profileIn(result) : {}) })) })}\n`,
      );
      break;
    case "log":
      for (const { program, verdict, unfit } of results)
        await write(`${style.bold(program.name)}\n${(verdict?.log ?? [unfit ?? ""]).join("\n")}\n`);
      break;
    case "profile": {
      const { renderProfile } = await import("../render-verification.ts");
      for (const result of results) await write(`${renderProfile(result, style)}\n`);
      break;
    }
    case "editor": {
      const { toDiagnostic } = await import("../../verifier/explain/render/editor.ts");
      const { grouped } = await import("../verification.ts");
      const refused = grouped(results).flatMap(([first]) => (first?.explanation == null ? [] : [first.explanation]));
      await write(`${toJson(refused.map((explanation) => toDiagnostic(explanation, source)))}\n`);
      break;
    }
    case "lines": {
      const { errorLine, githubLine } = await import("../../verifier/explain/render/line.ts");
      const { grouped } = await import("../verification.ts");
      const line = process.env["GITHUB_ACTIONS"] === "true" ? githubLine : errorLine;
      for (const [first] of grouped(results)) if (first?.explanation != null) await write(`${line(first.explanation)}\n`);
      break;
    }
    default: {
      const { renderVerification } = await import("../render-verification.ts");
      const view = { style, color: hasColours(process.stdout), source };
      for (const [index, program] of programs.entries()) {
        const own = results.slice(index * destinations.length, (index + 1) * destinations.length);
        await write((program === programs[0] ? "" : "\n") + renderVerification(own, view));
      }
    }
  }
  return results.every(({ verdict }) => verdict?.accepted === true) ? EXIT.ok : EXIT.refused;
}

/** @param one whether one is enough when none was asked for. */
async function destinationsOf(values: readonly string[], one: boolean): Promise<Destination[]> {
  const { KERNELS } = await import("../../verifier/targets/index.ts");
  const wanted = values.flatMap((value) => value.split(",")).map((value) => value.trim());
  const names = wanted.length > 0 ? wanted : one ? KERNELS.slice(-1) : KERNELS;
  return names.map((name): Destination => {
    if (name === "embedded") return { name, targetFor: embedded };
    const known = KERNELS.find((kernel) => kernel === name);
    if (known === undefined) {
      throw new CliError(EXIT.usage, `--kernel takes ${KERNELS.join(", ")} and embedded, found ${JSON.stringify(name)}`);
    }
    return {
      name,
      targetFor: async ({ section }) =>
        section.startsWith("hook/")
          ? `${section} is an application's own hook, in the embedded engine: kernels have no such`
          : (await import("../../kernels/types.ts")).openKernelTarget(known),
    };
  });
}

/** With the kernel types that a room may have, where a program depends on some. */
async function embedded({ type, section, core = [] }: ProgramSpec): Promise<Target | string> {
  const { loadKind } = await import("../../engine/embedded/programs/kinds.ts");
  const kind = await loadKind(type);
  if (section.startsWith("hook/"))
    return `${section} is an application's own hook: the engine that has it verifies its programs when it loads them`;
  if (kind === null) return `the embedded engine has no programs of type ${type}`;
  const { embeddedTarget } = await import("../../engine/embedded/target/target.ts");
  const needsTypes = kind.kernelPointers === true || core.length > 0;
  return embeddedTarget(kind, needsTypes ? (await import("../../kernels/types.ts")).kernelTypes("6.18") : null);
}

function plainResult({ program, kernel, verdict, explanation, unfit }: Verification) {
  return {
    program: program.name,
    kernel,
    accepted: verdict?.accepted === true,
    processed: verdict?.processed ?? 0,
    states: verdict?.states ?? 0,
    peakStates: verdict?.peakStates ?? 0,
    stackDepth: verdict?.stackDepth ?? 0,
    errno: verdict?.refusal?.code ?? null,
    unfit,
    explanation,
  };
}

export const verify = { help, run: execute };
