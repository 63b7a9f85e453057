// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension ModelRequest {
    /// About how many bytes the request takes in any format.
    var estimatedBytes: Int {
        var bytes = 512
        for message in messages {
            bytes += 64
            for part in message.parts { bytes += part.writtenBytes &+ 96 }
        }
        for tool in tools {
            bytes += 128 &+ (tool.description?.writtenBytes ?? 0) &+ (tool.parameters?.range.count ?? 0)
            if tool.namespace == nil { bytes += tool.namespaceDescription?.writtenBytes ?? 0 }
        }
        return bytes
    }
}

extension Message.Part {
    /// Bytes as they stand in the body, escapes included, but for names and the like.
    var writtenBytes: Int {
        switch content {
        case .text(let text), .refusal(let text): text.writtenBytes
        case .reasoning(let reasoning): reasoning.texts.reduce(0) { $0 + $1.writtenBytes }
        case .media(let media):
            switch media.source {
            case .base64(_, let data), .text(let data): data.writtenBytes
            case .url(let url, _): url.writtenBytes
            case .file: 0
            }
        case .toolCall(let call):
            switch call.arguments {
            case .object(let object): object.range.count
            case .text(let text): text.writtenBytes
            }
        case .toolResult(let result): result.parts.reduce(0) { $0 + $1.writtenBytes }
        }
    }
}
