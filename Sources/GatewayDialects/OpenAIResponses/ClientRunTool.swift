// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// A tool that OpenAI defines and the client runs; its calls and results are items of their own types.
///
/// In the hub a call's arguments are the members of its action, and a result is a text. Shapes: PyPI `openai` 3.52.0,
/// `types/responses/response_input_item_param.py` and `response_output_item.py` (2026-11).
struct ClientRunTool: Sendable {
    /// The tool's type, also its name where it is offered as a function.
    let type: StaticString
    /// The type of a call's item.
    let call: StaticString
    /// The type of a result's item.
    let output: StaticString
    /// The member of a call that holds what to do.
    let action: StaticString
    /// The member that every action has, an array for the shells.
    let required: StaticString
    /// What a model that does not know the tool is told of it.
    let description: StaticString
    /// The action as a JSON Schema.
    let parameters: StaticString

    /// Every tool of the kind.
    ///
    /// `computer` is not one: its results are pictures of a screen that the vendor's models are trained on.
    static let all = [localShell, shell, applyPatch]

    /// The tool of this type.
    static func type(_ type: JSONString) -> ClientRunTool? { all.first { type == $0.type } }

    /// The tool whose calls are items of this type.
    static func call(_ type: JSONString) -> ClientRunTool? { all.first { type == $0.call } }

    /// The tool whose results are items of this type.
    static func output(_ type: JSONString) -> ClientRunTool? { all.first { type == $0.output } }

    private static let localShell = ClientRunTool(
        type: "local_shell",
        call: "local_shell_call",
        output: "local_shell_call_output",
        action: "action",
        required: "command",
        description: "Runs a command on the user's computer and returns its output.",
        parameters: #"""
            {"type":"object","properties":{"command":{"type":"array","items":{"type":"string"},"description":"The program and its arguments."},"env":{"type":"object","additionalProperties":{"type":"string"},"description":"Environment variables to set."},"timeout_ms":{"type":"integer","description":"Milliseconds after which the command is stopped."},"user":{"type":"string","description":"The user to run the command as."},"working_directory":{"type":"string","description":"The directory to run the command in."}},"required":["command"]}
            """#
    )

    private static let shell = ClientRunTool(
        type: "shell",
        call: "shell_call",
        output: "shell_call_output",
        action: "action",
        required: "commands",
        description: "Runs shell commands and returns their output.",
        parameters: #"""
            {"type":"object","properties":{"commands":{"type":"array","items":{"type":"string"},"description":"Commands for the shell, which may run at the same time."},"timeout_ms":{"type":"integer","description":"Milliseconds after which the commands are stopped."},"max_output_length":{"type":"integer","description":"Most characters of output to return."}},"required":["commands"]}
            """#
    )

    private static let applyPatch = ClientRunTool(
        type: "apply_patch",
        call: "apply_patch_call",
        output: "apply_patch_call_output",
        action: "operation",
        required: "type",
        description: "Creates, changes or deletes one file.",
        parameters: #"""
            {"type":"object","properties":{"type":{"type":"string","enum":["create_file","update_file","delete_file"]},"path":{"type":"string","description":"The file's path, relative to the workspace."},"diff":{"type":"string","description":"The change as a V4A diff: the new content with '+' lines for create_file, hunks that begin with '@@' for update_file; not used for delete_file."}},"required":["type","path"]}
            """#
    )

    /// The schema as a value.
    var schema: JSONValue { JSONValue { $0.raw(parameters) } }

    /// Writes the action of a call; false, with nothing written, if the arguments are not one.
    ///
    /// OpenAI's local shell always names the kind of its action and its environment, its newer shell both limits.
    func writeAction(_ arguments: JSONValue, into writer: inout JSONWriter) -> Bool {
        let arguments = arguments.onOneLine
        guard let members = arguments.object, let value = arguments[required.description] else { return false }
        guard value.array != nil || action == "operation" && value.text != nil else { return false }
        writer.beginObject()
        if type == "local_shell" { writer.member("type", "exec") }
        for (key, value) in members where !(type == "local_shell" && key == "type") {
            writer.copy(key, value)
        }
        let defaults: [(StaticString, StaticString)] =
            type == "local_shell"
            ? [("env", "{}")] : type == "shell" ? [("timeout_ms", "null"), ("max_output_length", "null")] : []
        for (key, value) in defaults where arguments[key] == nil {
            writer.key(key)
            writer.raw(value)
        }
        writer.endObject()
        return true
    }
}

extension StaticString {
    /// Whether both are the same text.
    fileprivate static func == (left: StaticString, right: StaticString) -> Bool {
        left.description == right.description
    }
}
