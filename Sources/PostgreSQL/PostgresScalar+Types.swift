import Foundation
import Primitives

extension UnsafeRawBufferPointer {
    /// The whole buffer as one integer in network byte order; nil when its size differs.
    @inline(__always)
    func bigEndian<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
        guard count == MemoryLayout<Value>.size else { return nil }
        return Value(bigEndian: loadUnaligned(as: Value.self))
    }
}

extension Bool: PostgresScalar {
    /// The type that the server is told.
    public static var postgresType: PostgresType { .bool }
    /// The type of an array of these.
    public static var postgresArrayType: PostgresType { .boolArray }

    /// Appends the value in the form that is sent.
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(self ? 1 : 0)
    }

    /// Reads the binary form; nil when it is none.
    public init?(postgresBytes bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard bytes.count == 1 else { return nil }
        self = bytes[0] != 0
    }
}

extension Int16: PostgresScalar {
    /// The type that the server is told.
    public static var postgresType: PostgresType { .int2 }
    /// The type of an array of these.
    public static var postgresArrayType: PostgresType { .int2Array }

    /// Appends the value in the form that is sent.
    public func encode(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(self)
    }

    /// Reads the binary form; nil when it is none.
    public init?(postgresBytes bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard let value = bytes.bigEndian(Int16.self) else { return nil }
        self = value
    }
}

extension Int32: PostgresScalar {
    /// The type that the server is told.
    public static var postgresType: PostgresType { .int4 }
    /// The type of an array of these.
    public static var postgresArrayType: PostgresType { .int4Array }

    /// Appends the value in the form that is sent.
    public func encode(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(self)
    }

    /// Reads the binary form; nil when it is none.
    public init?(postgresBytes bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard let value = bytes.bigEndian(Int32.self) else { return nil }
        self = value
    }
}

extension Int64: PostgresScalar {
    /// The type that the server is told.
    public static var postgresType: PostgresType { .int8 }
    /// The type of an array of these.
    public static var postgresArrayType: PostgresType { .int8Array }

    /// Appends the value in the form that is sent.
    public func encode(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(self)
    }

    /// Reads the binary form; nil when it is none.
    public init?(postgresBytes bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard let value = bytes.bigEndian(Int64.self) else { return nil }
        self = value
    }
}

extension Int: PostgresScalar {
    /// The type that the server is told.
    public static var postgresType: PostgresType { .int8 }
    /// The type of an array of these.
    public static var postgresArrayType: PostgresType { .int8Array }

    /// Whether a column of this type can be read.
    public static func accepts(_ type: PostgresType) -> Bool { type == .int8 || type == .int4 || type == .int2 }

    /// Appends the value in the form that is sent.
    public func encode(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(Int64(self))
    }

    /// Reads the binary form; nil when it is none.
    public init?(postgresBytes bytes: UnsafeRawBufferPointer, type: PostgresType) {
        let value: Int? =
            switch bytes.count {
            case 2: bytes.bigEndian(Int16.self).map(Int.init)
            case 4: bytes.bigEndian(Int32.self).map(Int.init)
            default: bytes.bigEndian(Int64.self).map(Int.init)
            }
        guard let value else { return nil }
        self = value
    }
}

extension UInt64: PostgresScalar {
    /// The type that the server is told.
    public static var postgresType: PostgresType { .xid8 }
    /// The type of an array of these.
    public static var postgresArrayType: PostgresType { .xid8Array }

    /// Appends the value in the form that is sent.
    public func encode(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(self)
    }

    /// Reads the binary form; nil when it is none.
    public init?(postgresBytes bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard let value = bytes.bigEndian(UInt64.self) else { return nil }
        self = value
    }
}

extension Double: PostgresScalar {
    /// The type that the server is told.
    public static var postgresType: PostgresType { .float8 }
    /// The type of an array of these.
    public static var postgresArrayType: PostgresType { .float8Array }

    /// Whether a column of this type can be read.
    public static func accepts(_ type: PostgresType) -> Bool { type == .float8 || type == .float4 }

    /// Appends the value in the form that is sent.
    public func encode(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(bitPattern)
    }

    /// Reads the binary form; nil when it is none.
    public init?(postgresBytes bytes: UnsafeRawBufferPointer, type: PostgresType) {
        if let pattern = bytes.bigEndian(UInt64.self) {
            self.init(bitPattern: pattern)
        } else if let pattern = bytes.bigEndian(UInt32.self) {
            self = Double(Float(bitPattern: pattern))
        } else {
            return nil
        }
    }
}

extension String: PostgresScalar {
    /// The type that the server is told.
    public static var postgresType: PostgresType { .text }
    /// The type of an array of these.
    public static var postgresArrayType: PostgresType { .textArray }

    /// Whether a column of this type can be read.
    public static func accepts(_ type: PostgresType) -> Bool {
        switch type {
        case .text, .varchar, .bpchar, .name, .unknown: true
        default: false
        }
    }

    /// Appends the value in the form that is sent.
    public func encode(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: utf8)
    }

    /// Reads the binary form; nil when it is none.
    public init?(postgresBytes bytes: UnsafeRawBufferPointer, type: PostgresType) {
        self = String(decoding: bytes, as: UTF8.self)
    }
}

extension UUID: PostgresScalar {
    /// The type that the server is told.
    public static var postgresType: PostgresType { .uuid }
    /// The type of an array of these.
    public static var postgresArrayType: PostgresType { .uuidArray }

    /// Appends the value in the form that is sent.
    public func encode(into bytes: inout [UInt8]) {
        withUnsafeBytes(of: uuid) { bytes.append(contentsOf: $0) }
    }

    /// Reads the binary form; nil when it is none.
    public init?(postgresBytes bytes: UnsafeRawBufferPointer, type: PostgresType) {
        guard bytes.count == 16 else { return nil }
        self.init(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }
}

extension Timestamp: PostgresScalar {
    /// Microseconds from 1970-01-01 to 2000-01-01, PostgreSQL's epoch.
    private static let epochOffset: Int64 = 946_684_800_000_000

    /// Microseconds since PostgreSQL's epoch.
    var postgresMicroseconds: Int64 { microseconds - Self.epochOffset }

    /// The type that the server is told.
    public static var postgresType: PostgresType { .timestamptz }
    /// The type of an array of these.
    public static var postgresArrayType: PostgresType { .timestamptzArray }

    /// Appends the value in the form that is sent.
    public func encode(into bytes: inout [UInt8]) {
        bytes.appendBigEndian(postgresMicroseconds)
    }

    /// Reads the binary form; nil when it is none.
    public init?(postgresBytes bytes: UnsafeRawBufferPointer, type: PostgresType) {
        // `infinity` and `-infinity` have no place on our time axis.
        guard let value = bytes.bigEndian(Int64.self), value != .max, value != .min else { return nil }
        let (sum, overflow) = value.addingReportingOverflow(Self.epochOffset)
        guard !overflow else { return nil }
        self.init(microseconds: sum)
    }
}
