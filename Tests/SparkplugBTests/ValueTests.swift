import Testing

@testable import SparkplugB

@Suite struct ValueTests {
    @Test(arguments: [
        // two's complement of the type's width, and sign-extended to the field's: both are sent
        (WireValue.int(0xFF), SparkplugDataType.int8, SparkplugValue.signed(-1)),
        (.int(0xFFFF_FFFF), .int8, .signed(-1)),
        (.int(0x80), .int8, .signed(-128)),
        (.int(0x7F), .int8, .signed(127)),
        (.int(0xFF38), .int16, .signed(-200)),
        (.int(0xFFFF_FF38), .int16, .signed(-200)),
        (.int(0x8000_0000), .int32, .signed(-2_147_483_648)),
        (.long(0xFFFF_FFFF), .int32, .signed(-1)),
        (.long(.max), .int32, .signed(-1)),
        (.long(.max), .int64, .signed(-1)),
        (.int(.max), .int64, .signed(4_294_967_295)),
        (.long(1 << 63), .int64, .signed(.min)),
        (.int(255), .uint8, .unsigned(255)),
        (.long(4_294_967_295), .uint32, .unsigned(4_294_967_295)),
        (.int(4_294_967_295), .uint32, .unsigned(4_294_967_295)),
        (.long(.max), .uint64, .unsigned(.max)),
        (.float(1.5), .float, .number(1.5)),
        (.float(1.5), .double, .number(1.5)),
        (.double(.infinity), .double, .null),
        (.float(.nan), .float, .null),
        (.boolean(true), .boolean, .boolean(true)),
        (.string("x"), .string, .text("x")),
        (.string("x"), .text, .text("x")),
        (.string("x"), .uuid, .text("x")),
        (.long(9), .dateTime, .time(9)),
        (.absent, .int8, .null),
        (.opaque, .dataSet, .opaque),
        (.opaque, .doubleArray, .opaque),
        (.int(3), .template, .opaque),
    ])
    func fits(wire: WireValue, type: SparkplugDataType, value: SparkplugValue) {
        #expect(SparkplugValue(wire, as: type) == value)
    }

    @Test(arguments: [
        (WireValue.int(300), SparkplugDataType.int8), (.int(256), .uint8), (.int(0x1_8000), .int16),
        (.long(1 << 40), .int32),
        (.long(1 << 32), .uint32), (.string("5"), .int32), (.int(1), .boolean), (.boolean(true), .double),
        (.double(1), .string), (.float(1), .int64), (.string("now"), .dateTime), (.int(1), .float),
    ])
    func doesNotFit(wire: WireValue, type: SparkplugDataType) {
        #expect(SparkplugValue(wire, as: type) == nil)
    }

    @Test func numbersAreWhatIsStored() {
        #expect(SparkplugValue.signed(-4).double == -4)
        #expect(SparkplugValue.unsigned(.max).double == 18_446_744_073_709_551_616)
        #expect(SparkplugValue.text("a").double == nil)
    }

    @Test func namesAreTheSpecifications() {
        #expect(SparkplugDataType.uint16.name == "UInt16")
        #expect(SparkplugDataType.int8Array.name == "Int8Array")
        #expect(SparkplugDataType.dateTime.name == "DateTime")
        #expect(SparkplugDataType.uuid.name == "UUID")
        #expect(SparkplugDataType.uint32Array.name == "UInt32Array")
    }
}
