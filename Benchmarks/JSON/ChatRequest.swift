// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A chat request as one would declare it for `JSONDecoder`.
struct ChatRequest: Codable {
    struct Message: Codable {
        let role: String
        let content: Content?
        let toolCalls: [ToolCall]?
        let toolCallID: String?

        enum CodingKeys: String, CodingKey {
            case role, content
            case toolCalls = "tool_calls"
            case toolCallID = "tool_call_id"
        }
    }

    enum Content: Codable {
        case text(String)
        case parts([Part])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .parts(try container.decode([Part].self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .parts(let parts): try container.encode(parts)
            }
        }
    }

    struct Part: Codable {
        struct ImageURL: Codable {
            let url: String
        }

        let type: String
        let text: String?
        let imageURL: ImageURL?

        enum CodingKeys: String, CodingKey {
            case type, text
            case imageURL = "image_url"
        }
    }

    struct ToolCall: Codable {
        struct Function: Codable {
            let name: String
            let arguments: String
        }

        let id: String
        let type: String
        let function: Function
    }

    struct Tool: Codable {
        struct Function: Codable {
            let name: String
            let description: String
            let parameters: Schema
        }

        let type: String
        let function: Function
    }

    struct Schema: Codable {
        let type: String
        let description: String?
        let minimum: Int?
        let maximum: Int?
        let `enum`: [String]?
        let properties: [String: Schema]?
        let required: [String]?
        let additionalProperties: Bool?
    }

    let model: String
    let messages: [Message]
    let temperature: Double?
    let maxTokens: Int?
    let stream: Bool?
    let tools: [Tool]?

    enum CodingKeys: String, CodingKey {
        case model, messages, temperature, stream, tools
        case maxTokens = "max_tokens"
    }
}
