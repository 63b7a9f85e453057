// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// `POST /v1/responses/compact`: PyPI `openai` 3.52.0, `responses.compact`, and the Open Responses specification of 2026-04-24.
extension OpenAIResponses {
    /// The user's messages as they are, and one item that stands for all the rest.
    static func compactScript(_ body: ByteBuffer, _ simulation: Simulation) throws(Refusal) -> Script {
        let request = try request(body, compactShape, simulation)
        if let refusal = request.prompt.instructions.refusal { throw refusal }
        let answer = try Answer(to: request.prompt)
        var buffer = ByteBuffer()
        buffer.writeJSON { writer in
            writer.object { writer in
                writer.member("id", responseID(simulation))
                writer.member("object", "response.compaction")
                writer.member("created_at", simulation.time)
                writer.member(
                    "output",
                    array: { writer in
                        writeUserMessages(of: request.root["input"], simulation, into: &writer)
                        writer.object { writer in
                            writer.member("id", simulation.identity.hexID("cmp_", 48))
                            writer.member("type", "compaction")
                            writer.member(
                                "encrypted_content",
                                ResponseReasoning.encryptedContent(simulation, for: .openAICompaction)
                            )
                        }
                    }
                )
                writer.key("usage")
                writeUsage(answer, request.prompt, into: &writer)
            }
        }
        return .plain(buffer, vendor: .openAI, simulation.identity)
    }

    private static func writeUserMessages(
        of input: JSONValue?,
        _ simulation: Simulation,
        into writer: inout JSONWriter
    ) {
        if let text = input?.text { return writeUserMessage(number: 0, simulation, into: &writer) { write(text, &$0) } }
        for (index, item) in input.elements.enumerated() where item["role"]?.text.map({ $0 == "user" }) == true {
            writeUserMessage(number: index, simulation, into: &writer) { writer in
                if let text = item["content"]?.text { return write(text, &writer) }
                for part in item["content"].elements { writer.value(part) }
            }
        }
    }

    private static func writeUserMessage(
        number: Int,
        _ simulation: Simulation,
        into writer: inout JSONWriter,
        parts: (inout JSONWriter) -> Void
    ) {
        writer.object { writer in
            writer.member("id", simulation.identity.hexID("msg_", 48, index: number))
            writer.member("type", "message")
            writer.member("status", "completed")
            writer.member("role", "user")
            writer.key("content")
            writer.array { parts(&$0) }
        }
    }

    private static func write(_ text: JSONString, _ writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("type", "input_text")
            writer.key("text")
            writer.string(text)
        }
    }
}
