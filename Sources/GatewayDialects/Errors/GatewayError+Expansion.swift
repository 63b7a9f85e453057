// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension GatewayError {
    /// A request that would grow beyond its bound, in bytes, where its target's format repeats what the client's says once.
    ///
    /// `parameter` is the member of the client's body that grows, nil if unknown; `advice` says what is repeated and what to do, in a whole sentence.
    static func expands(beyond bytes: Int, _ parameter: String?, _ advice: String) -> GatewayError {
        GatewayError(
            .invalidRequest,
            "\(parameter ?? "The request body") would take more than \(bytes) bytes in the format of this model. \(advice)",
            parameter: parameter
        )
    }

    /// A request of which a writer stopped.
    static func stopped(_ writer: JSONWriter, _ excess: JSONWriter.Excess, of request: ModelRequest) -> GatewayError {
        switch writer.lastMember {
        case "tools", "toolConfig", "tool_choice":
            return excess.error(
                "tools",
                beyond: request.maximumBytes,
                "Content that tools share, such as a schema that '$ref' names, is repeated for each: shorten it or send fewer tools."
            )
        case "messages", "contents", "input":
            return excess.error(
                request.fieldNames.conversation,
                beyond: request.maximumBytes,
                "Content that elements share, such as the name of a call, is repeated for each: shorten it or send fewer elements."
            )
        default:
            return excess.error(
                nil,
                beyond: request.maximumBytes,
                "Content that its elements share is repeated for each: shorten it or send fewer elements."
            )
        }
    }
}

extension JSONWriter.Excess {
    /// What a client is told of a request that goes beyond a writer's bounds.
    func error(_ parameter: String?, beyond bytes: Int, _ advice: String) -> GatewayError {
        switch self {
        case .bytes: return .expands(beyond: bytes, parameter, advice)
        case .depth:
            return GatewayError(
                .invalidRequest,
                "\(parameter ?? "The request body") would nest more than \(JSONWriter.maximumDepth) levels in the format of this model.",
                parameter: parameter
            )
        }
    }
}
