// What is posted or requested has a number of at most 20 characters as its primary key: Plantwright's own number is its
// key, so that a second one is refused by the database.

enum 50100 "PW Request Status"
{
    Extensible = true;
    value(0; Open) { }
    value(1; InProgress) { }
    value(2; Done) { }
    value(3; Cancelled) { }
}

enum 50101 "PW Posting Kind"
{
    value(0; Consume) { }
    value(1; Receive) { }
    value(2; Set) { }
}

table 50100 "PW Maintenance Request"
{
    DataClassification = CustomerContent;
    fields
    {
        field(1; "No."; Code[20]) { NotBlank = true; }
        field(2; Title; Text[100]) { }
        field(3; Description; Text[2048]) { }
        field(4; "Fixed Asset No."; Code[20]) { TableRelation = "Fixed Asset"; }
        field(5; Priority; Code[20]) { }
        field(6; "Work Type"; Code[20]) { }
        field(7; "Failure Code"; Code[20]) { }
        field(8; Status; Enum "PW Request Status") { }
        field(9; Assignee; Text[100]) { }
        field(10; "Due At"; DateTime) { }
        field(11; "Started At"; DateTime) { }
        field(12; "Finished At"; DateTime) { }
        field(13; Outcome; Text[2048]) { }
        field(14; Cost; Decimal) { }
    }
    keys
    {
        key(PK; "No.") { Clustered = true; }
        key(Changed; SystemModifiedAt) { }
    }
}

table 50101 "PW Request Comment"
{
    DataClassification = CustomerContent;
    fields
    {
        field(1; "No."; Code[20]) { NotBlank = true; }
        field(2; "Request No."; Code[20]) { TableRelation = "PW Maintenance Request"; }
        field(3; "Text"; Text[2048]) { }
    }
    keys { key(PK; "No.") { Clustered = true; } }
}

table 50104 "PW Request Picture"
{
    DataClassification = CustomerContent;
    fields
    {
        field(1; "No."; Code[20]) { NotBlank = true; }
        field(2; "Request No."; Code[20]) { NotBlank = true; TableRelation = "PW Maintenance Request"; }
        field(3; "File Name"; Text[100]) { }
        field(4; Title; Text[100]) { }
        field(5; Picture; Media) { }
    }
    keys
    {
        key(PK; "No.") { Clustered = true; }
        key(Request; "Request No.") { }
    }

    procedure ImportBase64(Content: Text)
    var
        Base64: Codeunit "Base64 Convert";
        TempBlob: Codeunit "Temp Blob";
        Writer: OutStream;
        Reader: InStream;
    begin
        TempBlob.CreateOutStream(Writer);
        Base64.FromBase64(Content, Writer);
        TempBlob.CreateInStream(Reader);
        Rec.Picture.ImportStream(Reader, Rec."File Name", 'image/png');
    end;
}

table 50102 "PW Meter Reading"
{
    DataClassification = CustomerContent;
    fields
    {
        field(1; "No."; Code[20]) { NotBlank = true; }
        field(2; "Fixed Asset No."; Code[20]) { TableRelation = "Fixed Asset"; }
        field(3; Meter; Code[20]) { }
        field(4; Value; Decimal) { DecimalPlaces = 0 : 10; }
        field(5; "Read At"; DateTime) { }
    }
    keys { key(PK; "No.") { Clustered = true; } }
}

table 50103 "PW Stock Posting"
{
    DataClassification = CustomerContent;
    fields
    {
        field(1; "No."; Code[20]) { NotBlank = true; }
        field(2; Kind; Enum "PW Posting Kind") { }
        field(3; "Item No."; Code[20]) { TableRelation = Item; }
        field(4; Quantity; Decimal) { DecimalPlaces = 0 : 5; MinValue = 0; }
        field(5; "Unit of Measure Code"; Code[10]) { }
        field(6; "Location Code"; Code[10]) { TableRelation = Location; }
        field(7; "Posting Date"; Date) { }
    }
    keys { key(PK; "No.") { Clustered = true; } }

    // Posted in the transaction that inserts the row: both are there, or neither is.
    trigger OnInsert()
    var
        PostStock: Codeunit "PW Post Stock";
    begin
        PostStock.Post(Rec);
    end;
}
