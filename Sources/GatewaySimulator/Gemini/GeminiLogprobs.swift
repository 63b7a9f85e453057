// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// Log probabilities of tokens in Google's shape, made up from the tokens themselves.
enum GeminiLogprobs {
    /// The fields `avgLogprobs` and `logprobsResult` of a candidate.
    static func write(_ text: TokenText, top: Int, into writer: inout JSONWriter) {
        let tokens = (0..<text.count).map { String(text[$0]) }
        let sum = tokens.reduce(0) { $0 + probability(of: $1) }
        writer.member("avgLogprobs", tokens.isEmpty ? 0 : sum / Double(tokens.count))
        writer.member(
            "logprobsResult",
            object: { writer in
                writer.member(
                    "topCandidates",
                    array: { writer in
                        for token in top > 0 ? tokens : [] {
                            writer.object { writer in
                                writer.member(
                                    "candidates",
                                    array: { writer in
                                        for rank in 0..<top { writeToken(token, rank, into: &writer) }
                                    }
                                )
                            }
                        }
                    }
                )
                writer.member(
                    "chosenCandidates",
                    array: { writer in
                        for token in tokens { writeToken(token, 0, into: &writer) }
                    }
                )
            }
        )
    }

    private static func writeToken(_ token: String, _ rank: Int, into writer: inout JSONWriter) {
        let text = rank == 0 ? token : "\(token)\(rank)"
        writer.object { writer in
            writer.member("token", text)
            writer.member("tokenId", Int(truncatingIfNeeded: StableHash.of(text) & 0xFFFF))
            writer.member("logProbability", probability(of: token) - Double(rank) * 1.5)
        }
    }

    /// Between -0.5 and 0, in steps of 1/1024.
    private static func probability(of token: String) -> Double {
        -Double(StableHash.of(token) % 512) / 1_024
    }
}
