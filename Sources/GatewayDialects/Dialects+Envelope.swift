// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

extension Dialects {
    package func envelope(of route: InferenceRoute, body: ByteBuffer) throws(GatewayError) -> RequestEnvelope {
        let scan: JSONScan
        do throws(JSONError) {
            scan = try JSONScan(body, watching: .references)
        } catch {
            throw body.readableBytes == 0
                ? GatewayError(.invalidRequest, "The request body is empty; send a JSON object.")
                : .invalidJSON(error)
        }
        let apiType: APIType
        switch route.kind {
        case .api(let type), .response(let type, _, _): apiType = type
        case .invocations: apiType = try Self.apiType(ofInvocation: scan)
        }
        let (model, modelValue) = try Self.model(in: scan, route)
        return RequestEnvelope(
            apiType: apiType,
            scan: scan,
            model: model,
            modelValue: modelValue,
            isStreaming: try Self.isStreaming(scan, route),
            wantsServerSentEvents: route.wantsServerSentEvents
        )
    }

    /// What an invocation of a serving endpoint asks for, by the members of its body.
    private static func apiType(ofInvocation scan: JSONScan) throws(GatewayError) -> APIType {
        if try scan.member("messages") != nil { return .mlflowChat }
        if try scan.member("input") != nil { return .mlflowEmbeddings }
        if try scan.member("prompt") != nil { return .openAICompletions }
        throw GatewayError(
            .invalidRequest,
            "The request body needs 'messages' for a chat, 'input' for embeddings or 'prompt' for a completion.",
            parameter: "messages"
        )
    }

    /// The model that is asked for, and where the body names it.
    private static func model(
        in scan: JSONScan,
        _ route: InferenceRoute
    ) throws(GatewayError) -> (String, JSONValue?) {
        if route.apiType.namesModelInPath, let model = route.model { return (model, nil) }
        let value = try scan.member("model")
        // The path wins; what the body says is replaced.
        if let model = route.model { return (model, value) }
        guard let value else {
            throw GatewayError(
                .invalidRequest,
                "The request body needs 'model', the name of a model.",
                parameter: "model"
            )
        }
        guard let model = value.string, !model.isEmpty else {
            throw .invalid("model", "must be the name of a model, a string that is not empty.")
        }
        return (model, value)
    }

    private static func isStreaming(_ scan: JSONScan, _ route: InferenceRoute) throws(GatewayError) -> Bool {
        if let isStreaming = route.isStreaming { return isStreaming }
        guard let value = try scan.member("stream"), !value.isNull else { return false }
        guard let isStreaming = value.bool else { throw .invalid("stream", "must be true or false.") }
        return isStreaming
    }
}

extension JSONScan {
    /// A member of the body, refusing a second one.
    func member(_ key: StaticString) throws(GatewayError) -> JSONValue? {
        do throws(JSONError) {
            return try unique(key)
        } catch {
            throw .invalidJSON(error)
        }
    }
}

extension RequestEnvelope {
    /// A member of the body, refusing a second one.
    func member(_ key: StaticString) throws(GatewayError) -> JSONValue? { try scan.member(key) }
}
