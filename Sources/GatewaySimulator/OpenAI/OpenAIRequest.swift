// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// What OpenAI's APIs have in common in reading a request.
enum OpenAIRequest {
    /// The body as JSON.
    static func root(_ body: ByteBuffer) throws(Refusal) -> JSONValue {
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONValue(validating: body)
        } catch {
            throw .invalid("We could not parse the JSON body of your request: \(error).")
        }
        guard let object = root.object else { throw .invalid("The body of your request must be a JSON object.") }
        return withoutNulls(object) ?? root
    }

    /// The body without fields that are null, which OpenAI takes for fields that are not there; nil if it has none.
    private static func withoutNulls(_ object: JSONObject) -> JSONValue? {
        func isLeftOut(_ key: JSONString, _ value: JSONValue) -> Bool {
            value.isNull && key != "model" && key != "messages" && key != "input"
        }
        guard object.contains(where: { isLeftOut($0.key, $0.value) }) else { return nil }
        return JSONValue { writer in
            writer.beginObject()
            for (key, value) in object where !isLeftOut(key, value) {
                writer.key(key)
                writer.value(value)
            }
            writer.endObject()
        }
    }

    /// The model that the body names; it must be one that speaks this format.
    static func model(
        _ root: JSONValue,
        _ format: WireFormat,
        _ simulation: Simulation
    ) throws(Refusal) -> (SimulatedModel, String) {
        guard let value = root["model"] else {
            throw .invalid("you must provide a model parameter", parameter: "model", code: "missing_required_parameter")
        }
        guard let name = value.string else {
            throw OpenAIError.refusal(
                Violation(.wrongKind(expected: [.string], found: value.kind), value).inside(.member("model"))
            )
        }
        guard let model = simulation.model(named: name, for: format) else {
            let formats: [WireFormat] = [.openAIChat, .openAIResponses, .openAIEmbeddings]
            let isOther = formats.contains { simulation.model(named: name, for: $0) != nil }
            if isOther {
                let message = "The model `\(name)` is not served by this endpoint."
                throw Refusal(404, message, parameter: "model", code: nil)
            }
            let message = "The model `\(name.prefix(128))` does not exist or you do not have access to it."
            throw Refusal(404, message, parameter: nil, code: "model_not_found")
        }
        return (model, name)
    }

    /// Whether the prompt fits into the model, and how long its response may be.
    static func checkLimits(_ prompt: Prompt, parameter: String) throws(Refusal) {
        if let context = prompt.model.limits.context, prompt.inputTokens > context {
            let message =
                "This model's maximum context length is \(context) tokens. However, your messages resulted in \(prompt.inputTokens) tokens."
            throw .invalid(message, parameter: "messages", code: "context_length_exceeded")
        }
        if let limit = prompt.maximumTokens, let most = prompt.model.limits.maximumOutput, limit > most {
            let message = "\(parameter) is too large: \(limit). This model supports at most \(most) completion tokens."
            throw .invalid(message, parameter: parameter, code: "invalid_value")
        }
    }

    /// What an effort means for a model; nil: no reasoning.
    ///
    /// Without an effort the simulator's models do not reason, but for those that always do.
    static func reasoning(effort: String?, _ model: SimulatedModel) -> Prompt.Reasoning? {
        guard model.capabilities.contains(.reasoning) else { return nil }
        let effort = effort ?? (model.alwaysReasons ? "medium" : "none")
        switch effort {
        case "none": return nil
        case "minimal", "low": return Prompt.Reasoning(depth: 1)
        case "medium": return Prompt.Reasoning(depth: 2)
        case "high": return Prompt.Reasoning(depth: 3)
        default: return Prompt.Reasoning(depth: 5)
        }
    }

    /// An image by URL: a data URI of a known format, or a web address, for a model that sees.
    static func checkImage(_ url: JSONString, _ path: String, _ model: SimulatedModel) throws(Refusal) {
        guard model.capabilities.contains(.vision) else {
            throw .invalid("Invalid content type. image_url is not supported by \(model.name).", parameter: path)
        }
        let formats: [StaticString] = [
            "data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,", "data:image/webp;base64,",
        ]
        if url.hasPrefix("http://") || url.hasPrefix("https://") { return }
        guard let format = formats.first(where: { url.hasPrefix($0) }) else {
            let message =
                "You uploaded an unsupported image. Please make sure your image has one of the formats png, jpeg, gif, webp."
            throw .invalid(
                message,
                parameter: path,
                code: url.hasPrefix("data:") ? "invalid_image_format" : "invalid_image_url"
            )
        }
        let isValid = url.withBytes { bytes, _ in
            Base64.looksValid(UnsafeRawBufferPointer(rebasing: bytes[format.utf8CodeUnitCount...]))
        }
        guard isValid else {
            throw .invalid("Invalid base64 image data.", parameter: path, code: "invalid_base64")
        }
    }

    /// Tools by name: unique among all `names`, with a schema that OpenAI accepts.
    static func checkTools(
        _ tools: ArraySlice<OfferedTool>,
        besides names: inout Set<String>,
        strict: [Bool],
        path: (Int) -> String
    ) throws(Refusal) {
        for (index, tool) in tools.enumerated() {
            guard names.insert("\(tool.namespace ?? "") \(tool.name)").inserted else {
                throw .invalid(
                    "Tool names must be unique; '\(tool.name)' is there twice.",
                    parameter: "tools",
                    code: "invalid_value"
                )
            }
            guard tool.kind == .function, let schema = tool.schema else { continue }
            var problem = SchemaCheck.problem(in: schema, isStrict: strict[index])
            if problem == nil, schema["type"] != nil, !schema["type"].isText("object") {
                problem = "schema must be a JSON Schema of 'type: \"object\"'"
            }
            if let problem {
                let message = "Invalid schema for function '\(tool.name)': \(problem)."
                throw .invalid(message, parameter: path(index), code: "invalid_function_parameters")
            }
        }
    }
}
