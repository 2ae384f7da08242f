/** Imports and re-exports of one file: makes the names known that other modules export. */

import type * as Syntax from "@babel/types";
import type { ExportTable } from "./exports.ts";
import { exporterOf } from "./library/exports.ts";
import { spanOf } from "./report.ts";
import { didYouMean, type Exports, type Meaning } from "./scopes.ts";
import type { ModuleState, TypeMeaning } from "./state.ts";

/** What another module must export, asked when all files have declared what they have. */
export interface Wanted {
  readonly from: Exports;
  readonly name: string;
  readonly node: Syntax.Node;
}

/** Names of an import, or of an export list. */
export function nameOf(node: Syntax.Identifier | Syntax.StringLiteral): string {
  return node.type === "Identifier" ? node.name : node.value;
}

/** Whether an import or re-export brings nothing but types: then the file that it names does not become part of the program. */
export function isTypeOnly(
  node: Syntax.ImportDeclaration | Syntax.ExportNamedDeclaration | Syntax.ExportAllDeclaration,
): boolean {
  if (node.type === "ImportDeclaration") {
    if (node.importKind === "type") return true;
    return (
      node.specifiers.length > 0 &&
      node.specifiers.every((specifier) => specifier.type === "ImportSpecifier" && specifier.importKind === "type")
    );
  }
  if (node.exportKind === "type") return true;
  return (
    node.type === "ExportNamedDeclaration" &&
    node.specifiers.length > 0 &&
    node.specifiers.every((specifier) => specifier.type === "ExportSpecifier" && specifier.exportKind === "type")
  );
}

/** `import { a, type B as C } from`, `import * as name from`. */
export function bindImports(module: ModuleState, node: Syntax.ImportDeclaration, from: Exports): readonly Wanted[] {
  const wanted: Wanted[] = [];
  for (const specifier of node.specifiers) {
    const { local } = specifier;
    const at = spanOf(local);
    const earlier = module.values.declaredAt(local.name);
    if (earlier !== null) {
      module.reporter.report("SK2002", at, { name: local.name, line: earlier.line });
      continue;
    }
    if (specifier.type === "ImportDefaultSpecifier") {
      module.values.set(local.name, { kind: "refused" }, at);
      const instead = `import by name: import { ${from.names()[0] ?? "name"} } from ${from.title}`;
      module.reporter.report("SK1101", spanOf(specifier), { what: "a default import", instead });
      continue;
    }
    if (specifier.type === "ImportNamespaceSpecifier") {
      module.values.set(local.name, { kind: "namespace", name: local.name, exports: from }, at);
      continue;
    }
    const name = nameOf(specifier.imported);
    wanted.push({ from, name, node: specifier });
    const typeOnly = node.importKind === "type" || specifier.importKind === "type";
    module.values.set(local.name, { kind: "imported", look: () => importedValue(from, name, typeOnly) }, at);
    module.types.set(local.name, { meaning: { kind: "imported", look: () => from.type(name) }, at });
  }
  return wanted;
}

function importedValue(from: Exports, name: string, typeOnly: boolean): Meaning {
  const value = typeOnly ? null : from.value(name);
  if (value !== null) return value;
  // What is missing was reported where it is imported.
  return from.type(name) !== null || from.value(name) !== null ? { kind: "type-only" } : { kind: "refused" };
}

/** `export { a, b as c }`, with or without `from`; `export * as name from`. */
export function bindExports(
  module: ModuleState,
  exports: ExportTable,
  node: Syntax.ExportNamedDeclaration,
  from: Exports | null,
): readonly Wanted[] {
  const wanted: Wanted[] = [];
  for (const specifier of node.specifiers) {
    if (specifier.type === "ExportDefaultSpecifier") {
      module.reporter.report("SK1101", spanOf(specifier), { what: "a default export", instead: "export it by its name" });
      continue;
    }
    const name = nameOf(specifier.exported);
    if (exports.has(name)) {
      module.reporter.report("SK2002", spanOf(specifier.exported), { name: `the export ${name}`, line: spanOf(node).line });
      continue;
    }
    if (specifier.type === "ExportNamespaceSpecifier") {
      if (from !== null) exports.add(name, { kind: "namespace", from });
      continue;
    }
    const local = nameOf(specifier.local);
    const typeOnly = node.exportKind === "type" || specifier.exportKind === "type";
    if (from === null) exports.add(name, { kind: "own", local, typeOnly });
    else {
      exports.add(name, { kind: "other", from, name: local, typeOnly });
      wanted.push({ from, name: local, node: specifier });
    }
  }
  return wanted;
}

/** Reports what the other module does not export. */
export function checkWanted(module: ModuleState, { from, name, node }: Wanted): void {
  if (from.value(name) !== null || from.type(name) !== null) return;
  const elsewhere = exporterOf(name);
  const instead = from.isPrivate(name)
    ? `${name} is declared there: write export before it`
    : elsewhere !== null && `"${elsewhere}"` !== from.title
      ? `import it from "${elsewhere}"`
      : didYouMean(name, from.names(), from.title.startsWith('"skep/') ? "docs/language.md lists what there is" : listed(from));
  module.reporter.report("SK2006", spanOf(node), { module: from.title, name, instead });
}

function listed(from: Exports): string {
  const names = from.names();
  return names.length === 0 ? "it exports nothing" : `it exports ${names.slice(0, 8).join(", ")}${names.length > 8 ? " …" : ""}`;
}

/** A member of a namespace as a type: `ns.Flow`. Null, with a report, when there is none. */
export function namespaceType(module: ModuleState, exports: Exports, property: Syntax.Identifier): TypeMeaning | null {
  const found = exports.type(property.name);
  if (found === null) checkWanted(module, { from: exports, name: property.name, node: property });
  if (found === null && exports.value(property.name) !== null) {
    const instead = "write the name of an interface or a machine type";
    module.reporter.report("SK2008", spanOf(property), { name: property.name, instead });
  }
  return found;
}
