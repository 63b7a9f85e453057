// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension Gemini {
    /// Where a request of Gemini's has its content.
    package var content: ContentTable { Self.contentTable }

    /// A content: its parts, or a string as some clients send it.
    private static func content(_ string: ContentTable.Meaning, _ text: ContentTable.Place) -> ContentTable.Place {
        let parts: KeyTable<ContentTable.Place> = [
            "text": text, "functionCall": call, "function_call": call, "functionResponse": result,
            "function_response": result, "inlineData": .media(nil), "inline_data": .media(nil),
            "fileData": .media(nil), "file_data": .media(nil),
            "executableCode": .object(["code": .text(.toolArguments)]),
            "executable_code": .object(["code": .text(.toolArguments)]),
            "codeExecutionResult": .object(["output": .text(.toolResult)]),
            "code_execution_result": .object(["output": .text(.toolResult)]),
        ]
        return ContentTable.Place(string: string, fields: ["parts": .object(parts)])
    }

    private static let call = ContentTable.Place.object(["args": .all(.toolArguments)])
    private static let result = ContentTable.Place.object(["response": .all(.toolResult)])

    private static let declaration = ContentTable.Place.object([
        "description": .text(.toolDefinition), "parameters": .all(.toolDefinition),
        "parametersJsonSchema": .all(.toolDefinition), "parameters_json_schema": .all(.toolDefinition),
    ])

    private static let tools = ContentTable.Place.object([
        "functionDeclarations": declaration, "function_declarations": declaration,
    ])

    private static let system = content(.kind(.systemText), .text(.systemText))
    private static let conversation = content(.byRole, .words())

    private static let contentTable = ContentTable([
        "systemInstruction": system, "system_instruction": system, "contents": conversation, "tools": tools,
        "generateContentRequest": .object([
            "systemInstruction": system, "system_instruction": system, "contents": conversation, "tools": tools,
        ]),
    ])
}
