// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

extension Gemini {
    /// Reads the function declarations and what is said of choosing among them.
    static func readTools(_ root: JSONValue, into prompt: inout Prompt) throws(Refusal) {
        var names: Set<String> = []
        for (index, tool) in root["tools"].elements.enumerated() {
            let declarations = tool.member("functionDeclarations", "function_declarations").elements
            for (position, declaration) in declarations.enumerated() {
                let path: [Violation.Element] = [
                    .member("tools"), .index(index), .member("functionDeclarations"), .index(position),
                ]
                try read(declaration, path, &names, into: &prompt)
            }
            prompt.inputTokens += TokenText.count(tool)
        }
        try readChoice(
            root.member("toolConfig", "tool_config")?.member("functionCallingConfig", "function_calling_config"),
            into: &prompt
        )
    }

    private static func read(
        _ declaration: JSONValue,
        _ path: [Violation.Element],
        _ names: inout Set<String>,
        into prompt: inout Prompt
    ) throws(Refusal) {
        let name = declaration["name"]?.string ?? ""
        guard names.insert(name).inserted else {
            throw .invalid("Duplicate function declaration found: \(name)")
        }
        let full = declaration.member("parametersJsonSchema", "parameters_json_schema")
        if let own = declaration["parameters"] {
            guard full == nil else {
                throw .invalid("Only one of parameters and parameters_json_schema may be set for function \(name).")
            }
            try checkSchema(own, at: path + [.member("parameters")])
        }
        if let full, let problem = SchemaCheck.problem(in: full) {
            throw .invalid("Invalid parameters_json_schema of function \(name): \(problem).")
        }
        prompt.tools.append(OfferedTool(name: name, schema: full ?? declaration["parameters"]))
    }

    private static func readChoice(_ config: JSONValue?, into prompt: inout Prompt) throws(Refusal) {
        guard let config else { return }
        let names = config.member("allowedFunctionNames", "allowed_function_names")?.array?.compactMap(\.string) ?? []
        let modes = ["AUTO", "AUTO", "ANY", "NONE", "VALIDATED"]
        let mode = config["mode"]?.string?.uppercased() ?? config["mode"]?.int.map { modes[$0] } ?? "AUTO"
        if !names.isEmpty {
            guard mode == "ANY" || mode == "VALIDATED" else {
                throw .invalid("Please set allowed_function_names only when function calling mode is ANY.")
            }
            let offered = Set(prompt.tools.map(\.name))
            for name in names where !offered.contains(name) {
                throw .invalid("The allowed function '\(name.prefix(128))' is not declared.")
            }
            let allowed = Set(names)
            prompt.tools.removeAll { !allowed.contains($0.name) }
        }
        switch mode {
        case "NONE": prompt.toolChoice = .none
        case "ANY":
            guard !prompt.tools.isEmpty else {
                throw .invalid("Function calling config is set without function_declarations.")
            }
            prompt.toolChoice = .required
        default: prompt.toolChoice = .auto
        }
    }
}
