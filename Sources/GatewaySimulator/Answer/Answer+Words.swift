// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// The sentences of the simulated model.
extension Answer {
    /// What the model says to the prompt; empty where it only calls tools.
    static func words(to prompt: Prompt, calls: [ToolCall], alternative: Int) -> String {
        if let tokens = prompt.instructions.tokens { return filler(tokens) }
        if !calls.isEmpty { return prompt.announcesCalls && prompt.toolChoice == .auto ? announcement(of: calls) : "" }
        switch prompt.format {
        case .text: break
        case .object:
            let values = PromptValues(in: prompt.userText)
            let answer = sentence(to: prompt, alternative: alternative)
            return json { writer in
                writer.object { if !values.writeKeys(into: &$0) { $0.member("answer", answer) } }
            }
        case .schema(let schema):
            return SchemaInstance.json(of: schema, from: PromptValues(in: prompt.userText))
        }
        return sentence(to: prompt, alternative: alternative)
    }

    /// What the model says before it calls tools.
    private static func announcement(of calls: [ToolCall]) -> String {
        "I will call \(calls.map(\.tool.name).joined(separator: " and "))."
    }

    private static func sentence(to prompt: Prompt, alternative: Int) -> String {
        var words = alternative == 0 ? "" : "Alternative \(alternative + 1): "
        if prompt.results.isEmpty {
            words += "You said: \"\(quote(prompt.userText, 160))\". That was message \(prompt.messageCount)."
        } else {
            let results = prompt.results.prefix(8)
            words += results.map {
                "The tool \($0.name) \($0.isError ? "failed with" : "returned"): \"\(quote($0.text, 160))\"."
            }
            .joined(separator: " ")
            if prompt.results.count > results.count {
                words += " There were \(prompt.results.count - results.count) more."
            }
        }
        if prompt.instructionBytes > 0 { words += " My instructions have \(prompt.instructionBytes) bytes." }
        if let media = prompt.media.phrase { words += " I was shown \(media)." }
        return words + " I am \(prompt.model.name), simulated by Gatehouse."
    }

    /// That many tokens that mean nothing.
    private static func filler(_ count: Int) -> String {
        let words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
        var text = words[0]
        text.reserveCapacity(count * 6)
        for index in 1..<max(1, count) {
            text += " "
            text += words[index % words.count]
        }
        return text
    }

    /// The start of a text on one line.
    private static func quote(_ text: String, _ limit: Int) -> String {
        var quoted = ""
        quoted.reserveCapacity(min(text.utf8.count, limit * 4))
        var count = 0
        for scalar in text.unicodeScalars {
            if count == limit { return quoted + "…" }
            quoted.unicodeScalars.append(scalar.value < 0x20 ? " " : scalar)
            count += 1
        }
        return quoted
    }

    static func json(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(buffer: writer.buffer)
    }
}
