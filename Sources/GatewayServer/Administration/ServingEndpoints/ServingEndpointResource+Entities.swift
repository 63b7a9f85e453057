// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayGovernance
import GatewayJSON
import GatewayPipeline

/// `config`: what an endpoint serves, and how requests are split.
extension ServingEndpointResource {
    /// A destination, or one that is not there any more.
    private struct Served {
        var reference: Securable
        var model: String
        var share: Int
        var destination: Destination?
    }

    func writeConfig(to writer: inout JSONWriter, isDetailed: Bool) {
        let served = self.served
        guard case .modelService(let service) = entry.securable else { return }
        let names = EndpointDefinition.unique(
            served.map {
                EndpointDefinition.name(
                    of: isOfSystem ? nil : $0.reference,
                    model: isOfSystem ? service.name : $0.model,
                    in: service
                )
            }
        )
        writer.member(
            "served_entities",
            array: { writer in
                for (name, one) in zip(names, served) {
                    writer.object { writer in
                        writer.member("name", name)
                        write(one, to: &writer)
                        if isDetailed { writeState(one, to: &writer) }
                    }
                }
            }
        )
        guard isDetailed else { return }
        writer.member("config_version", Int(entry.revision))
        writer.member(
            "traffic_config",
            object: { writer in
                writer.member(
                    "routes",
                    array: { writer in
                        for (name, one) in zip(names, served) {
                            writer.object { writer in
                                writer.member("served_entity_name", name)
                                writer.member("served_model_name", name)
                                writer.member("traffic_percentage", one.share)
                            }
                        }
                    }
                )
            }
        )
    }

    private var isOfSystem: Bool { entry.securable.parent == .schema("system.ai") }

    private var served: [Served] {
        guard let service = prepared?.service else { return [] }
        func found(_ destinations: [Destination], isFallback: Bool) -> [Served] {
            destinations.map {
                Served(reference: $0.reference, model: $0.model, share: $0.trafficPercentage ?? 0, destination: $0)
            }
                + service.missing.filter { $0.isFallback == isFallback }.map {
                    Served(reference: $0.service, model: $0.model, share: $0.trafficPercentage ?? 0)
                }
        }
        return found(service.destinations, isFallback: false) + found(service.fallback, isFallback: true)
    }

    private func write(_ one: Served, to writer: inout JSONWriter) {
        var model = isOfSystem ? entry.securable.name : nil
        if model == nil, one.reference.kind == .modelService { model = one.reference.name }
        if model == nil, one.destination?.service.isSimulated == true { model = "system.ai.\(one.model)" }
        if let model {
            writer.member("entity_name", model)
            writer.member(
                "foundation_model",
                object: { writer in
                    writer.member("name", model)
                    writer.member("display_name", ObjectName(model)?.name ?? model)
                }
            )
            return
        }
        writer.member(
            "external_model",
            object: { writer in
                writer.member("name", one.model)
                guard let destination = one.destination else {
                    writer.member("provider", "custom")
                    writer.member("task", EndpointTask.chat.rawValue)
                    return
                }
                let isEmbedding = destination.wireFormats.allSatisfy(\.isEmbeddings)
                let isCompletion = destination.wireFormats == [.openAICompletions]
                let task: EndpointTask = isEmbedding ? .embeddings : isCompletion ? .completions : .chat
                writer.member("task", task.rawValue)
                Self.write(
                    destination.service,
                    // How a provider is reached is for those who may see it.
                    withDetails: snapshot.metastore.isVisible(one.reference, to: caller),
                    to: &writer
                )
            }
        )
    }

    private func writeState(_ one: Served, to writer: inout JSONWriter) {
        writer.member("creator", entry.createdBy)
        writer.member("creation_timestamp", Int(entry.createdAt / 1000))
        writer.member(
            "state",
            object: { writer in
                writer.member("deployment", one.destination == nil ? "DEPLOYMENT_FAILED" : "DEPLOYMENT_READY")
                if one.destination == nil {
                    writer.member("deployment_state_message", "\(one.reference.sqlName) does not exist any longer.")
                }
            }
        )
    }
}
