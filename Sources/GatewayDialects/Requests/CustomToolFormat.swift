// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The grammar that the input of a custom tool must follow.
///
/// Chat has its members in `grammar`, Responses beside `type` (PyPI `openai` 3.52.0, `custom_tool_input_format.py`, 2026-11).
struct CustomToolFormat {
    /// `lark` or `regex`.
    let syntax: JSONString
    let definition: JSONString

    /// Nil for a format that allows any text.
    init?(_ format: JSONValue?) {
        guard let format else { return nil }
        let grammar = format["grammar"] ?? format
        guard let syntax = grammar["syntax"]?.text, let definition = grammar["definition"]?.text else { return nil }
        self.syntax = syntax
        self.definition = definition
    }
}
