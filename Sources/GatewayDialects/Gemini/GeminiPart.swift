// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// A part of a turn as it stands in a document, in either spelling of its members.
///
/// The vendor's servers take `camelCase` and `snake_case`, and its SDK sends both in one body (PyPI `google-genai` 3.4.0, 2026-11).
struct GeminiPart {
    private(set) var text: JSONString?
    private(set) var isThought = false
    private(set) var signature: JSONString?
    private(set) var inlineData: JSONValue?
    private(set) var fileData: JSONValue?
    private(set) var functionCall: JSONValue?
    private(set) var functionResponse: JSONValue?
    private(set) var executableCode: JSONValue?
    private(set) var codeExecutionResult: JSONValue?
    /// The level of `mediaResolution`.
    private(set) var resolution: JSONString?
    /// Members that only this vendor's models understand.
    private(set) var others: [JSONString] = []

    private enum Member {
        case text, thought, signature, inlineData, fileData, functionCall, functionResponse, executableCode
        case codeExecutionResult, mediaResolution
    }

    private static let members = KeyTable<Member>([
        "text": .text, "thought": .thought, "thoughtSignature": .signature, "thought_signature": .signature,
        "functionCall": .functionCall, "function_call": .functionCall, "functionResponse": .functionResponse,
        "function_response": .functionResponse, "inlineData": .inlineData, "inline_data": .inlineData,
        "fileData": .fileData, "file_data": .fileData, "executableCode": .executableCode,
        "executable_code": .executableCode, "codeExecutionResult": .codeExecutionResult,
        "code_execution_result": .codeExecutionResult, "mediaResolution": .mediaResolution,
        "media_resolution": .mediaResolution,
    ])

    /// Reads the members; what is not of its kind counts as absent.
    init(_ value: JSONValue) {
        guard let object = value.object else { return }
        for (key, value) in object where !value.isNull {
            switch Self.members[key] {
            case .text: text = value.text
            case .thought: isThought = value.bool == true
            case .signature: signature = value.text
            case .inlineData: inlineData = value
            case .fileData: fileData = value
            case .functionCall: functionCall = value
            case .functionResponse: functionResponse = value
            case .executableCode: executableCode = value
            case .codeExecutionResult: codeExecutionResult = value
            case .mediaResolution: resolution = value["level"]?.text
            case nil: if others.count < 8 { others.append(key) }
            }
        }
    }
}

extension JSONValue {
    /// A member in either spelling; `null` counts as absent.
    func member(_ camelCase: StaticString, _ snakeCase: StaticString) -> JSONValue? {
        let found = self[camelCase] ?? self[snakeCase]
        return found?.isNull == true ? nil : found
    }
}

extension JSONValue {
    /// The elements of an array; none of anything else.
    var elements: [JSONValue] { array.map { Array($0) } ?? [] }

    /// The members of an object; none of anything else.
    var members: [(key: JSONString, value: JSONValue)] {
        guard let object else { return [] }
        var members: [(key: JSONString, value: JSONValue)] = []
        for member in object { members.append(member) }
        return members
    }
}
