// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

extension Dialects {
    package func envelope(of route: InferenceRoute, body: ByteBuffer) throws(GatewayError) -> RequestEnvelope {
        var scan: JSONScan
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
        case .byBody(let choices): apiType = try Self.apiType(of: scan, choices)
        case .unmanaged: apiType = route.apiType
        }
        let serving = route.mayHaveServingFields ? try ServingFields(scan) : nil
        if let serving { scan = serving.scan }
        let (model, modelValue) = try Self.model(in: scan, route)
        var envelope = RequestEnvelope(
            apiType: apiType,
            scan: scan,
            model: model,
            modelValue: modelValue,
            isStreaming: try Self.isStreaming(scan, route),
            wantsServerSentEvents: route.wantsServerSentEvents
        )
        envelope.notes = serving?.notes
        return envelope
    }

    /// What a request asks for at a path that several APIs share.
    private static func apiType(
        of scan: JSONScan,
        _ choices: [InferenceRoute.BodyChoice]
    ) throws(GatewayError) -> APIType {
        for choice in choices where try scan.member(choice.field) != nil { return choice.apiType }
        let named = choices.map { "'\($0.field)' for \($0.purpose)" }
        let list = (named.dropLast().joined(separator: ", "), named.last ?? "")
        throw GatewayError(
            .invalidRequest,
            "The request body needs \(list.0.isEmpty ? list.1 : "\(list.0) or \(list.1)").",
            parameter: choices.first?.field.description
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

extension InferenceRoute {
    /// Whether requests are those of Databricks' own API.
    fileprivate var mayHaveServingFields: Bool {
        switch kind {
        case .byBody: true
        case .api(let type): type == .mlflowChat || type == .mlflowEmbeddings
        case .response, .unmanaged: false
        }
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
