// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension RequestElement {
    private static func body(_ messages: String, _ more: String = "") -> String {
        #"{"model":"claude-sonnet-4-5","max_tokens":100,"messages":[\#(messages)]\#(more.isEmpty ? "" : ",")\#(more)}"#
    }

    private static func user(_ blocks: String) -> String { #"{"role":"user","content":[\#(blocks)]}"# }

    private static func assistant(_ blocks: String) -> String {
        #"\#(hello),{"role":"assistant","content":[\#(blocks)]},\#(hello)"#
    }

    private static let hello = #"{"role":"user","content":"Hello"}"#

    private static func use(_ index: Int, _ id: String? = nil) -> String {
        #"{"type":"tool_use","id":"\#(id ?? "toolu_\(index)")","name":"f\#(index)","input":{}}"#
    }

    private static func result(_ index: Int) -> String {
        #"{"type":"tool_result","tool_use_id":"toolu_\#(index)","content":"r"}"#
    }

    private static func tool(_ index: Int, _ schema: String = #"{"type":"object"}"#) -> String {
        #"{"name":"f\#(index)","description":"d","input_schema":\#(schema)}"#
    }

    /// The repeated elements of Anthropic's Messages.
    static let messages: [RequestElement] =
        [
            RequestElement(.messages, "messages") { n in
                body(list(n) { #"{"role":"\#($0 % 2 == 0 ? "user" : "assistant")","content":"Hello"}"# } + "," + hello)
            },
            RequestElement(.messages, "text blocks") { n in
                body(user(list(n) { _ in #"{"type":"text","text":"Hello"}"# }))
            },
            RequestElement(.messages, "cache marks") { n in
                body(user(list(n) { _ in #"{"type":"text","text":"Hello","cache_control":{"type":"ephemeral"}}"# }))
            },
            RequestElement(.messages, "system blocks") { n in
                body(hello, #""system":[\#(list(n) { _ in #"{"type":"text","text":"Be kind"}"# })]"#)
            },
            RequestElement(.messages, "later system messages") { n in
                body("\(hello),\(list(n) { _ in #"{"role":"system","content":"Be kind"}"# }),\(hello)")
            },
            RequestElement(.messages, "system messages that are cleared") { n in
                body(
                    list(n) { _ in #"{"role":"system","content":"Be kind","clear_at":"next_user_message"},\#(hello)"# }
                )
            },
            RequestElement(.messages, "citations of a text") { n in
                body(
                    assistant(
                        #"{"type":"text","text":"Hi","citations":[\#(list(n) { #"{"type":"char_location","cited_text":"c\#($0)","document_index":0,"document_title":"t","start_char_index":0,"end_char_index":1}"# })]}"#
                    )
                )
            },
            RequestElement(.messages, "texts with a citation") { n in
                body(
                    assistant(
                        list(n) {
                            #"{"type":"text","text":"Hi","citations":[{"type":"web_search_result_location","cited_text":"c","url":"https://a.example","title":"t","encrypted_index":"e\#($0)"}]}"#
                        }
                    )
                )
            },
            RequestElement(.messages, "calls and results of a turn") { n in
                body(
                    #"\#(hello),{"role":"assistant","content":[\#(list(n) { use($0) })]},\#(user(list(n, result)))"#,
                    #""tools":[\#(tool(0))]"#
                )
            },
            RequestElement(.messages, "calls and results in opposite order") { n in
                body(
                    #"\#(hello),{"role":"assistant","content":[\#(list(n) { use($0) })]},\#(user(list(n) { result(n - 1 - $0) }))"#
                )
            },
            RequestElement(.messages, "calls in turns of their own") { n in
                body(
                    hello + ","
                        + list(n) { #"{"role":"assistant","content":[\#(use($0))]},\#(user(result($0)))"# },
                    #""tools":[\#(tool(0))]"#
                )
            },
            RequestElement(.messages, "parts of a result") { n in
                body(
                    #"\#(hello),{"role":"assistant","content":[\#(use(0))]},\#(user(#"{"type":"tool_result","tool_use_id":"toolu_0","content":[\#(list(n) { _ in #"{"type":"text","text":"r"}"# })]}"#))"#,
                    #""tools":[\#(tool(0))]"#
                )
            },
            RequestElement(.messages, "thoughts") { n in
                body(
                    assistant(
                        list(n) {
                            #"{"type":"thinking","thinking":"t","signature":"\#(state(.signature, $0, of: "t"))"}"#
                        }
                            + #",{"type":"text","text":"Hi"}"#
                    )
                )
            },
            RequestElement(.messages, "pieces of a thought") { n in
                body(
                    assistant(
                        list(n) { _ in #"{"type":"thinking","thinking":"t","signature":""}"# }
                            + #",{"type":"thinking","thinking":"t","signature":"\#(state(.signature, 0, of: String(repeating: "t", count: n + 1)))"},{"type":"text","text":"Hi"}"#
                    )
                )
            },
            RequestElement(.messages, "thoughts of other upstreams") { n in
                body(
                    assistant(
                        list(n) {
                            #"{"type":"thinking","thinking":"t","signature":"\#(foreignState(.signature, $0))"}"#
                        }
                            + #",{"type":"text","text":"Hi"}"#
                    )
                )
            },
            RequestElement(.messages, "redacted thoughts") { n in
                body(
                    assistant(
                        list(n) { #"{"type":"redacted_thinking","data":"\#(state(.redacted, $0))"}"# }
                            + #",{"type":"text","text":"Hi"}"#
                    )
                )
            },
            RequestElement(.messages, "signatures of one thought") { n in
                body(
                    assistant(
                        #"{"type":"thinking",\#(list(n) { #""signature":"\#(state(.signature, $0, of: "x"))""# }),"thinking":"\#(run(n) { _ in "thought " })"},{"type":"text","text":"Hi"}"#
                    )
                )
            },
            RequestElement(.messages, "ids of one call") { n in
                body(
                    assistant(
                        #"{"type":"tool_use",\#(list(n) { #""id":"toolu_\#($0)_\#(state(.thought, $0))""# }),"name":"f","input":{}}"#
                    )
                )
            },
            RequestElement(.messages, "edits of the context, with thoughts of others") { n in
                body(
                    #"\#(hello),{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"\#(foreignState(.signature, 0))"},\#(use(0))]},\#(user(result(0)))"#,
                    #""thinking":{"type":"enabled","budget_tokens":1024},"context_management":{"edits":[\#(list(n) { #"{"type":"clear_thinking_\#($0)"}"# })]}"#
                )
            },
            RequestElement(.messages, "images") { n in
                body(
                    user(
                        list(n) { _ in
                            #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGVsbG8="}}"#
                        }
                    )
                )
            },
            RequestElement(.messages, "documents of one name") { n in
                body(
                    user(
                        list(n) { _ in
                            #"{"type":"document","title":"a","source":{"type":"base64","media_type":"application/pdf","data":"aGVsbG8="}}"#
                        }
                    )
                )
            },
            RequestElement(.messages, "blocks of a document") { n in
                body(
                    user(
                        #"{"type":"document","title":"a","source":{"type":"content","content":[\#(list(n) { _ in #"{"type":"text","text":"b"}"# })]}}"#
                    )
                )
            },
            RequestElement(.messages, "sources of one image") { n in
                body(
                    user(
                        #"{\#(list(n) { _ in #""source":{"type":"base64","media_type":"image/png","data":"aGVsbG8="}"# }),"type":"image"}"#
                    )
                )
            },
            RequestElement(.messages, "search results") { n in
                body(
                    user(
                        list(n) {
                            #"{"type":"search_result","source":"s\#($0)","title":"t","content":[{"type":"text","text":"b"}]}"#
                        }
                    )
                )
            },
            RequestElement(.messages, "tools that are added and removed", most: mostTools) { n in
                body(
                    #"\#(hello),{"role":"system","content":[\#(list(n) { #"{"type":"tool_addition","tool":{"definition":\#(tool($0))}},{"type":"tool_removal","tool":{"name":"f\#($0)"}}"# })]}"#,
                    #""tools":[\#(tool(0))]"#
                )
            },
            RequestElement(.messages, "blocks of unknown types") { n in
                body(user(#"{"type":"text","text":"Hello"},\#(list(n) { #"{"type":"t\#($0)"}"# })"#))
            },
            RequestElement(.messages, "tools", most: mostTools) { n in
                body(hello, #""tools":[\#(list(n) { tool($0) })]"#)
            },
            RequestElement(.messages, "tools, all asked for", most: mostTools) { n in
                body(#"{"role":"user","content":"Use all tools."}"#, #""tools":[\#(list(n) { tool($0) })]"#)
            },
            RequestElement(.messages, "tools, looked for by their words", most: mostTools) { n in
                body(
                    #"{"role":"user","content":"\#(run(2_000) { _ in "word get " })"}"#,
                    #""tools":[\#(list(n) { #"{"name":"get_word_of_\#($0)","input_schema":{"type":"object"}}"# })]"#
                )
            },
            RequestElement(.messages, "stop sequences", most: 8_190) { n in
                body(hello, #""stop_sequences":[\#(list(n) { #""s\#($0)""# })]"#)
            },
            RequestElement(.messages, "stop sequences of a long answer", most: 8_190) { n in
                body(
                    #"{"role":"user","content":"[[simulate: tokens=\#(min(n, 16_000))]]"}"#,
                    #""stop_sequences":[\#(list(n) { #""one two s\#($0)""# })]"#
                )
            },
            RequestElement(.messages, "beta flags") { n in
                body(hello, #""anthropic_beta":[\#(list(n) { #""b\#($0)""# })]"#)
            },
            RequestElement(.messages, "unknown members", most: mostUnknownMembers) { n in
                body(hello, list(n) { #""x\#($0)":1"# })
            },
            RequestElement(.messages, "members of the vendor's") { n in
                body(hello, list(n) { _ in #""diagnostics":{}"# })
            },
            RequestElement(.messages, "instructions to the simulator") { n in
                body(
                    #"{"role":"user","content":"\#(run(n) { _ in "[[simulate: call=f0]] " })"}"#,
                    #""tools":[\#(tool(0))]"#
                )
            },
            RequestElement(.messages, "calls that the simulator is told to make", most: mostTools) { n in
                body(
                    #"{"role":"user","content":"[[simulate: \#(run(n) { "call=f\($0) " })]]"}"#,
                    #""stream":true,"tools":[\#(list(n) { tool($0) })]"#
                )
            },
        ]
        + schemas.map { schema in
            RequestElement(.messages, "schema of a tool: \(schema.name)") { n in
                body(hello, #""tools":[\#(tool(0, schema.schema(n)))]"#)
            }
        }
        + schemas.map { schema in
            RequestElement(.messages, "schema of the answer: \(schema.name)") { n in
                body(hello, #""output_config":{"format":{"type":"json_schema","schema":\#(schema.schema(n))}}"#)
            }
        }
}
