/** Constructs of TypeScript that the language does not have: what each is called, and what to write instead. */

export interface Unsupported {
  readonly what: string;
  readonly instead: string;
}

const CLOSURE = "move it to the top level of the file and pass what it needs as parameters";
const HEAP =
  "there is no heap: what is kept goes into a map (export const name = hash<Key, Value>({ maxEntries: 1024 })), the rest into a struct (const x: Name = { … })";
const THROW = "return a value that says what happened";
const ASYNC = "a program runs to its end at once: keep state in a map";

/** By the parser's node type. */
export const UNSUPPORTED: Readonly<Record<string, Unsupported>> = {
  // statements
  ClassDeclaration: { what: "a class", instead: "use an interface for the data and functions for the behaviour" },
  DebuggerStatement: { what: "debugger", instead: "remove it" },
  ForInStatement: { what: "for … in", instead: "write for (let i = 0; i < n; i++)" },
  ForOfStatement: { what: "for … of", instead: "write for (let i = 0; i < n; i++)" },
  FunctionDeclaration: { what: "a function inside a function", instead: CLOSURE },
  ThrowStatement: { what: "an exception", instead: THROW },
  TryStatement: { what: "try", instead: "there are no exceptions: check for null and return early" },
  WithStatement: { what: "with", instead: "write the names out" },
  EmptyStatement: { what: "an empty statement", instead: "remove the semicolon" },
  TSEnumDeclaration: { what: "an enum inside a function", instead: "declare it at the top level" },
  TSModuleDeclaration: { what: "a namespace", instead: "declare things at the top level" },
  TSDeclareFunction: { what: "a function without a body", instead: "give it a body" },
  TSExportAssignment: { what: "export =", instead: "write export const" },
  TSImportEqualsDeclaration: { what: "import =", instead: "write import { … } from" },
  ExportDefaultDeclaration: { what: "a default export", instead: "give it a name: export const name = …" },
  ExportAllDeclaration: { what: "export *", instead: "export what is declared here by name" },
  // expressions
  ArrowFunctionExpression: { what: "a function value", instead: CLOSURE },
  FunctionExpression: { what: "a function value", instead: CLOSURE },
  ArrayExpression: { what: "an array here", instead: "give it a type: const x: FixedArray<u32, 3> = [1, 2, 3]" },
  AwaitExpression: { what: "await", instead: ASYNC },
  BindExpression: { what: "::", instead: "call the function" },
  ClassExpression: { what: "a class", instead: "use an interface for the data and functions for the behaviour" },
  DoExpression: { what: "a do expression", instead: "use statements" },
  Import: { what: "import()", instead: "import at the top of the file" },
  ImportExpression: { what: "import()", instead: "import at the top of the file" },
  MetaProperty: { what: "a meta property", instead: "remove it" },
  NewExpression: { what: "new", instead: HEAP },
  ObjectExpression: { what: "an object here", instead: "give it a type: const x: Name = { … }, or pass it as a key or value" },
  OptionalCallExpression: { what: "a call by ?.", instead: "check for null first: if (x === null) return …" },
  OptionalMemberExpression: {
    what: "?. in this place",
    instead: "give it a value for null: x?.y ?? 0, or check first: if (x === null) return …",
  },
  RegExpLiteral: { what: "a regular expression", instead: "compare bytes" },
  SequenceExpression: { what: "the comma operator", instead: "write two statements" },
  SpreadElement: { what: "spread", instead: "write the fields out" },
  Super: { what: "super", instead: "call the function by its name" },
  TaggedTemplateExpression: { what: "a tagged template", instead: "use numbers" },
  TemplateLiteral: { what: "a template string", instead: "use numbers; text is made where the map is read" },
  ThisExpression: { what: "this", instead: "pass what is needed as a parameter" },
  TSNonNullExpression: { what: "the ! assertion", instead: "check for null: if (x === null) return …" },
  TSTypeAssertion: { what: "a type assertion in angle brackets", instead: "write x as Type" },
  YieldExpression: { what: "yield", instead: ASYNC },
  // types
  TSAnyKeyword: { what: "any", instead: "write a machine type such as u32" },
  TSUnknownKeyword: { what: "unknown", instead: "write a machine type such as u32" },
  TSNumberKeyword: { what: "number", instead: "write a machine type: u16 for a port, u64 for a count … (u8 to u64, i8 to i64)" },
  TSBigIntKeyword: { what: "bigint", instead: "write u64 or i64" },
  TSStringKeyword: { what: "string", instead: "write FixedString<16>, or FixedArray<u8, 16> for bytes" },
  TSObjectKeyword: { what: "object", instead: "declare an interface" },
  TSSymbolKeyword: { what: "symbol", instead: "write a machine type such as u32" },
  TSNeverKeyword: { what: "never", instead: "write a machine type such as u32" },
  TSUndefinedKeyword: { what: "undefined", instead: "write null" },
  TSArrayType: { what: "an array without a length", instead: "write FixedArray<u8, 16>" },
  TSTupleType: { what: "a tuple", instead: "write FixedArray<u8, 16>, or an interface" },
  TSFunctionType: { what: "a function type", instead: "call functions by their names" },
  TSTypeLiteral: { what: "an object type here", instead: "declare an interface and use its name" },
  TSIntersectionType: { what: "an intersection of types", instead: "declare one interface with all fields" },
  TSUnionType: { what: "a union of types", instead: "the only union is with null: T | null" },
  TSConditionalType: { what: "a conditional type", instead: "write the type out" },
  TSMappedType: { what: "a mapped type", instead: "write the fields out" },
  TSIndexedAccessType: { what: "an indexed access type", instead: "write the type out; an array of eight is FixedArray<u32, 8>" },
  TSTypeOperator: { what: "a type operator", instead: "write the type out" },
  TSTypeQuery: { what: "typeof in a type", instead: "write the type out" },
  TSLiteralType: { what: "a literal type", instead: "write a machine type such as u32" },
  TSTemplateLiteralType: { what: "a template type", instead: "write a machine type such as u32" },
};

/** Whatever node the parser gives, something to say about it. */
export function unsupported(nodeType: string): Unsupported {
  return (
    UNSUPPORTED[nodeType] ?? {
      what: `this (${nodeType
        .replace(/^TS/, "")
        .replace(/([a-z])([A-Z])/g, "$1 $2")
        .toLowerCase()})`,
      instead: "docs/language.md shows what there is",
    }
  );
}
