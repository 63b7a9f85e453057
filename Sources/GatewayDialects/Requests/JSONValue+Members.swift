// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Members of requests, read strictly: a wrong kind is an error that names the member, `null` counts as absent.
extension JSONValue {
    /// The text of this member.
    func requestText(_ path: @autoclosure () -> String) throws(GatewayError) -> JSONString {
        guard let text else { throw .invalid(path(), "must be a string.") }
        return text
    }

    /// The text of this member; nil for `null`.
    func requestOptionalText(_ path: @autoclosure () -> String) throws(GatewayError) -> JSONString? {
        isNull ? nil : try requestText(path())
    }

    /// The number of this member; nil for `null`.
    func requestNumber(_ path: @autoclosure () -> String) throws(GatewayError) -> JSONNumber? {
        if isNull { return nil }
        guard let number else { throw .invalid(path(), "must be a number.") }
        return number
    }

    /// The positive integer of this member; nil for `null`.
    func requestCount(_ path: @autoclosure () -> String) throws(GatewayError) -> Int? {
        if isNull { return nil }
        guard let int, int > 0 else { throw .invalid(path(), "must be a positive integer.") }
        return int
    }

    /// The boolean of this member; nil for `null`.
    func requestFlag(_ path: @autoclosure () -> String) throws(GatewayError) -> Bool? {
        if isNull { return nil }
        guard let bool else { throw .invalid(path(), "must be true or false.") }
        return bool
    }

    /// The elements of this member.
    func requestArray(_ path: @autoclosure () -> String) throws(GatewayError) -> JSONArray {
        guard let array else { throw .invalid(path(), "must be an array.") }
        return array
    }

    /// The members of this member.
    func requestObject(_ path: @autoclosure () -> String) throws(GatewayError) -> JSONObject {
        guard let object else { throw .invalid(path(), "must be an object.") }
        return object
    }
}
