// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import GatewaySchema

/// What the bodies of requests change.
extension EndpointDefinition {
    /// Replaces what is served.
    ///
    /// - Returns: The provider services that the external models need.
    mutating func apply(
        _ body: EndpointConfigBody,
        _ request: AdministrationRequest
    ) throws(GatewayError) -> [EndpointWriter.ProviderChange] {
        var providers: [EndpointWriter.ProviderChange] = []
        if let found = body.entities {
            var names: Set<String> = []
            entities = []
            for entity in found {
                let (made, provider) = try served(entity, request)
                guard names.insert(made.name).inserted else {
                    throw Self.invalid("Two served entities are named '\(made.name)'. Give them a `name` each.")
                }
                entities.append(made)
                if let provider { providers.append(provider) }
            }
        }
        if body.entities != nil || body.routes != nil { try split(by: body.routes) }
        switch body.inferenceTable {
        case .on(let table)?: inferenceTable = table
        case .off?: inferenceTable = nil
        case nil: break
        }
        return providers
    }

    mutating func apply(_ body: EndpointGatewayBody) {
        hasFallback = body.hasFallback
        rateLimits = body.rateLimits
        if case .on(let table) = body.table { inferenceTable = table } else { inferenceTable = nil }
    }

    private func served(
        _ entity: EndpointConfigBody.Entity,
        _ request: AdministrationRequest
    ) throws(GatewayError) -> (Entity, EndpointWriter.ProviderChange?) {
        if let model = entity.model {
            let name = entity.name ?? Self.entityName(model.model)
            guard let provider = ObjectName("\(service).\(name)") else {
                throw Self.invalid("'\(name)' is not a valid name.")
            }
            var destination = [
                FileNode.Entry(key: "provider", line: 0, value: .plain(provider.description)),
                FileNode.Entry(key: "model", line: 0, value: .plain(model.model)),
            ]
            if !model.nativeAPITypes.isEmpty {
                let list = FileNode(line: 0, content: .list(model.nativeAPITypes.map { .plain($0) }))
                destination.append(FileNode.Entry(key: "native_api_types", line: 0, value: list))
            }
            return (
                Entity(name: name, destination: destination, share: 0),
                EndpointWriter.ProviderChange(name: provider, model: model)
            )
        }
        let wanted = entity.entityName ?? ""
        let found = (try? request.snapshot.service(named: wanted))?.service.name
        guard let found, request.metastore.isVisible(.modelService(found), to: request.caller) else {
            throw GatewayError(
                .invalidParameter,
                "\(entity.place.name): '\(wanted)' is not a model service. This gateway runs no models of its own: name one such as `system.ai.gpt-5`, or give an `external_model`.",
                parameter: "\(entity.place.keyPath).entity_name"
            )
        }
        let destination = FileNode.Entry(key: "model_service", line: 0, value: .plain(found.description))
        return (Entity(name: entity.name ?? found.name, destination: [destination], share: 0), nil)
    }

    /// The name of a model as the last part of a full name.
    private static func entityName(_ model: String) -> String {
        let name = model.map { character in
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "_-.".contains(character))
            return isPlain ? character : "-"
        }
        return String(String(name).prefix(100))
    }
}
