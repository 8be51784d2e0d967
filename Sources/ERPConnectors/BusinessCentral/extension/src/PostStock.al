codeunit 50100 "PW Post Stock"
{
    Permissions = tabledata "Item Ledger Entry" = rm;

    // The document number of the entries is the posting's own number.
    procedure Post(Posting: Record "PW Stock Posting")
    var
        Item: Record Item;
        Line: Record "Item Journal Line";
        PostLine: Codeunit "Item Jnl.-Post Line";
        Change: Decimal;
    begin
        Item.LockTable();
        Item.Get(Posting."Item No.");
        case Posting.Kind of
            Posting.Kind::Consume:
                Change := -Posting.Quantity;
            Posting.Kind::Receive:
                Change := Posting.Quantity;
            Posting.Kind::Set:
                begin
                    Item.SetRange("Location Filter", Posting."Location Code");
                    Item.CalcFields(Inventory);
                    Change := Posting.Quantity - Item.Inventory;
                end;
        end;
        if Change = 0 then
            exit;

        Line.Init();
        Line.Validate("Posting Date", Posting."Posting Date");
        Line."Document No." := Posting."No.";
        if Change > 0 then
            Line.Validate("Entry Type", Line."Entry Type"::"Positive Adjmt.")
        else
            Line.Validate("Entry Type", Line."Entry Type"::"Negative Adjmt.");
        Line.Validate("Item No.", Posting."Item No.");
        Line.Validate("Location Code", Posting."Location Code");
        if (Posting."Unit of Measure Code" <> '') and (Posting.Kind <> Posting.Kind::Set) then
            Line.Validate("Unit of Measure Code", Posting."Unit of Measure Code")
        else
            Line.Validate("Unit of Measure Code", Item."Base Unit of Measure");
        Line.Validate(Quantity, Abs(Change));
        PostLine.RunWithCheck(Line);
    end;
}
