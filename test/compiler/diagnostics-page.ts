/** Makes docs/diagnostics.md: `node test/compiler/diagnostics-page.ts` writes it. */

import { writeFileSync } from "node:fs";
import { CompileError, compileSource, DIAGNOSTICS, type Diagnostic, type DiagnosticCode } from "../../src/compiler/compile.ts";
import { LIBRARY } from "../../src/compiler/typescript/library/exports.ts";
import { DIAGNOSTIC_EXAMPLES, type DiagnosticExample } from "./diagnostic-examples.ts";

export const PAGE = new URL("../../docs/diagnostics.md", import.meta.url);

/** Imports of what a source names and the library has. */
function importsFor(source: string): string {
  const names = new Set(source.match(/[A-Za-z_]\w*/g));
  return [...LIBRARY]
    .map(([specifier, { values, types, constants }]) => {
      const used = [...names].filter((name) => values.has(name) || types.has(name) || constants.has(name));
      return used.length === 0 ? "" : `import { ${used.join(", ")} } from "${specifier}";`;
    })
    .join(" ");
}

/** What is told of an example. */
export function told({ source, files = {} }: DiagnosticExample): readonly Diagnostic[] {
  if (source === null) return [];
  const text = `${importsFor(source)}\n${source}`;
  try {
    compileSource(text, {
      file: "./main.bpf.ts",
      resolve: (file) => {
        const other = file === "./main.bpf.ts" ? text : files[file];
        return other === undefined ? null : { file, text: other };
      },
    });
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics;
    throw error;
  }
  return [];
}

function shorten(source: string): string {
  const lines = source.split("\n").map((line) => (line.length > 140 ? `${line.slice(0, 137)}…` : line));
  return lines.length > 12 ? [...lines.slice(0, 3), "…", ...lines.slice(-2)].join("\n") : lines.join("\n");
}

function section(code: DiagnosticCode): string {
  const example = DIAGNOSTIC_EXAMPLES[code];
  const { title, message, hint } = DIAGNOSTICS[code];
  const parts = [`### ${code}: ${title}`, example?.why ?? ""];
  if (example === undefined || example.source === null) {
    parts.push(`> ${message.replace(/\{(\w+)\}/g, "_$1_")}; instead: ${hint.replace(/\{(\w+)\}/g, "_$1_")}`);
    return parts.join("\n\n");
  }
  const files = Object.entries(example.files ?? {}).map(([name, text]) => `// ${name}\n${text}\n\n// ./main.bpf.ts\n`);
  parts.push(`\`\`\`ts\n${files.join("")}${shorten(example.source)}\n\`\`\``);
  const [first] = told(example);
  if (first !== undefined) parts.push(`> ${first.message}; instead: ${first.hint}`.replace(/</g, "\\<"));
  return parts.join("\n\n");
}

const GROUPS: readonly (readonly [prefix: string, title: string])[] = [
  ["SK10", "The text"],
  ["SK11", "Constructs"],
  ["SK20", "Names"],
  ["SK21", "Types"],
  ["SK22", "Numbers"],
  ["SK23", "Null and flow"],
  ["SK24", "Functions, callbacks, locks"],
  ["SK25", "The kernel's types"],
  ["SK30", "Maps, hooks, packets"],
  ["SK31", "Events, variables, texts"],
  ["SK32", "Helpers"],
  ["SK40", "Limits"],
  ["SK50", "C"],
];

export function page(): string {
  const codes = (Object.keys(DIAGNOSTICS) as DiagnosticCode[]).sort();
  const groups = GROUPS.map(([prefix, title]) => {
    const own = codes.filter((code) => code.startsWith(prefix));
    return own.length === 0 ? "" : `## ${title}\n\n${own.map(section).join("\n\n")}`;
  });
  return `# What the compiler refuses

Made by \`node test/compiler/diagnostics-page.ts\`; a test holds that each example is refused for exactly its reason. Imports are left out of them.

Several faults are told in one run, each as \`file:line:column: error CODE: what; what to write instead\`, with the line and a mark under the place.

${groups.filter((text) => text !== "").join("\n\n")}
`;
}

if (import.meta.main) writeFileSync(PAGE, page());
