// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// Log probabilities of tokens, made up from the tokens themselves.
enum OpenAILogprobs {
    static func write(_ text: TokenText, top: Int, isRefusal: Bool, into writer: inout JSONWriter) {
        write((0..<text.count).map { text[$0] }, top: top, isRefusal: isRefusal, into: &writer)
    }

    /// The `logprobs` field of a choice.
    static func write(_ tokens: [Substring], top: Int, isRefusal: Bool, into writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("content")
            if isRefusal { writer.null() } else { writeList(tokens, top: top, into: &writer) }
            writer.key("refusal")
            if isRefusal { writeList(tokens, top: top, into: &writer) } else { writer.null() }
        }
    }

    /// One entry for each token, with the `top` most likely ones; the token itself is the first of them.
    static func writeList(_ tokens: [Substring], top: Int, into writer: inout JSONWriter) {
        writer.array { writer in
            for token in tokens {
                writer.object { writer in
                    writeToken(String(token), probability(of: token), into: &writer)
                    writer.member(
                        "top_logprobs",
                        array: { writer in
                            for rank in 0..<top {
                                let other = rank == 0 ? String(token) : "\(token)\(rank)"
                                writer.object {
                                    writeToken(other, probability(of: token) - Double(rank) * 1.5, into: &$0)
                                }
                            }
                        }
                    )
                }
            }
        }
    }

    private static func writeToken(_ token: String, _ probability: Double, into writer: inout JSONWriter) {
        writer.member("token", token)
        writer.member("logprob", probability)
        writer.member(
            "bytes",
            array: { writer in
                for byte in token.utf8 { writer.int(Int(byte)) }
            }
        )
    }

    /// Between -0.5 and 0, in steps of 1/1024.
    private static func probability(of token: Substring) -> Double {
        -Double(StableHash.of(String(token)) % 512) / 1_024
    }
}
