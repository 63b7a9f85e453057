// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// A request body that stands for a kind of traffic.
struct Document {
    let name: String
    let bytes: ByteBuffer

    static let all = [smallChat, longChat, chinese, image, tools, pretty, embedding]

    /// One short question, about 160 bytes: what most of the relay's requests weigh.
    static let smallChat = Document(
        name: "chat",
        bytes: ByteBuffer(
            string: """
                {"model":"system.ai.gpt-5","messages":[{"role":"system","content":"You are terse."},\
                {"role":"user","content":"Say hello to the whole world."}],"max_tokens":100}
                """
        )
    )

    /// A conversation of some 16 KiB with Markdown in it, so with an escaped line end now and then.
    static let longChat = Document(name: "conversation") { writer in
        conversation(&writer, paragraph: paragraph, count: 12)
    }

    /// A conversation in Chinese, not escaped.
    static let chinese = Document(name: "conversation in Chinese") { writer in
        conversation(
            &writer,
            paragraph: String(repeating: "网关把每一个请求原样转发给上游的模型,并记录用量。", count: 7),
            count: 12
        )
    }

    /// One image of 1 MiB as base64 beside a question.
    static let image = Document(name: "image") { writer in
        writer.member("model", "system.ai.gpt-5")
        writer.member(
            "messages",
            array: { writer in
                writer.object { writer in
                    writer.member("role", "user")
                    writer.member(
                        "content",
                        array: { writer in
                            writer.object { writer in
                                writer.member("type", "text")
                                writer.member("text", "What is in this picture?")
                            }
                            writer.object { writer in
                                writer.member("type", "image_url")
                                writer.member(
                                    "image_url",
                                    object: { writer in
                                        writer.member("url", "data:image/png;base64," + base64(count: 1 << 20))
                                    }
                                )
                            }
                        }
                    )
                }
            }
        )
    }

    /// What a coding agent sends: forty tools with schemas, and a few turns of calls and results.
    static let tools = Document(name: "agent with 40 tools") { writer in
        writer.member("model", "system.ai.claude-sonnet-4-5")
        writer.member("temperature", 0.2)
        writer.member("messages", array: toolConversation)
        writer.member(
            "tools",
            array: { writer in
                for index in 0..<40 { tool(&writer, index: index) }
            }
        )
    }

    /// The same as `tools`, with spaces and line ends.
    static let pretty = Document(name: "agent with 40 tools, indented", bytes: indented(tools.bytes))

    /// An answer rather than a request: one embedding of 3072 numbers.
    static let embedding = Document(name: "embedding") { writer in
        writer.member("model", "text-embedding-3-large")
        writer.member(
            "data",
            array: { writer in
                writer.object { writer in
                    writer.member("index", 0)
                    writer.member(
                        "embedding",
                        array: { writer in
                            for index in 0..<3072 { writer.double(Double(index * 7919 % 100_003 - 50_000) / 1_000_000) }
                        }
                    )
                }
            }
        )
        writer.member("usage", object: { $0.member("total_tokens", 8) })
    }

    private init(name: String, bytes: ByteBuffer) {
        self.name = name
        self.bytes = bytes
    }

    private init(name: String, members: (inout JSONWriter) -> Void) {
        self.init(name: name, bytes: JSONValue { $0.object(members) }.bytes)
    }

    private static let paragraph = String(
        repeating: """
            A gateway reads the request, finds the model service, and forwards the body as it came. It says "no" early:

            - a request without a token is refused,
            - a body that is not JSON is refused.\n
            """,
        count: 3
    )

    private static func conversation(_ writer: inout JSONWriter, paragraph: String, count: Int) {
        writer.member("model", "system.ai.gpt-5")
        writer.member(
            "messages",
            array: { writer in
                for turn in 0..<count * 2 {
                    writer.object { writer in
                        writer.member("role", turn % 2 == 0 ? "user" : "assistant")
                        writer.member("content", paragraph)
                    }
                }
            }
        )
        writer.member("stream", true)
    }

    private static func toolConversation(_ writer: inout JSONWriter) {
        for turn in 0..<8 {
            writer.object { writer in
                writer.member("role", "assistant")
                writer.key("content")
                writer.null()
                writer.member(
                    "tool_calls",
                    array: { writer in
                        writer.object { writer in
                            writer.member("id", "call_\(turn)")
                            writer.member("type", "function")
                            writer.member(
                                "function",
                                object: { writer in
                                    writer.member("name", "read_file_\(turn)")
                                    writer.member("arguments", #"{"path":"Sources/main.swift","line":\#(turn)}"#)
                                }
                            )
                        }
                    }
                )
            }
            writer.object { writer in
                writer.member("role", "tool")
                writer.member("tool_call_id", "call_\(turn)")
                writer.member("content", "import NIOCore\n\nlet group = \"main\"\n" + paragraph)
            }
        }
    }

    private static func tool(_ writer: inout JSONWriter, index: Int) {
        writer.object { writer in
            writer.member("type", "function")
            writer.member(
                "function",
                object: { writer in
                    writer.member("name", "read_file_\(index)")
                    writer.member("description", "Reads a file of the workspace and returns its text.")
                    writer.member(
                        "parameters",
                        object: { writer in
                            writer.member("type", "object")
                            writer.member(
                                "properties",
                                object: { writer in
                                    writer.member(
                                        "path",
                                        object: { writer in
                                            writer.member("type", "string")
                                            writer.member("description", "The path, relative to the workspace.")
                                        }
                                    )
                                    for name in ["offset", "limit"] {
                                        writer.key(JSONString(name))
                                        writer.object { writer in
                                            writer.member("type", "integer")
                                            writer.member("minimum", 0)
                                            writer.member("maximum", 1_000_000)
                                            writer.member("description", "How many lines to skip or to read.")
                                        }
                                    }
                                    writer.member(
                                        "mode",
                                        object: { writer in
                                            writer.member("type", "string")
                                            writer.member(
                                                "enum",
                                                array: { writer in
                                                    for mode in ["text", "binary", "auto"] { writer.string(mode) }
                                                }
                                            )
                                        }
                                    )
                                }
                            )
                            writer.member("required", array: { writer in writer.string("path") })
                            writer.member("additionalProperties", false)
                        }
                    )
                }
            )
        }
    }

    private static func base64(count: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var state: UInt64 = 1
        return String(unsafeUninitializedCapacity: count) { output in
            for index in 0..<count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                output[index] = alphabet[Int(state >> 58)]
            }
            return count
        }
    }

    /// The document with a line for each member and element.
    private static func indented(_ bytes: ByteBuffer) -> ByteBuffer {
        var result = ByteBuffer()
        var depth = 0
        var isInString = false
        var isEscaped = false
        for byte in bytes.readableBytesView {
            let isPunctuation = !isInString
            if isPunctuation, byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                depth -= 1
                result.writeString("\n" + String(repeating: "  ", count: depth))
            }
            result.writeInteger(byte)
            if isInString {
                isInString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: ":"): result.writeString(" ")
            case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ","):
                if byte != UInt8(ascii: ",") { depth += 1 }
                result.writeString("\n" + String(repeating: "  ", count: depth))
            default: break
            }
        }
        return result
    }
}
